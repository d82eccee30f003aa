// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/open_metrics.hh"

#include <gtest/gtest.h>

namespace {

using Kind = OpenMetrics::Kind;

TEST(open_metrics, nothing_still_has_an_end) { EXPECT_EQ(OpenMetrics().text(), "# EOF\n"); }

TEST(open_metrics, samples_of_a_family_are_together) {
  OpenMetrics metrics;
  metrics.add(Kind::counter, "b", "bees", {{"n", "1"}}, "5");
  metrics.add(Kind::gauge, "a", "", {}, "0.5");
  metrics.add(Kind::counter, "b", "bees", {{"n", "2"}, {"m", ""}}, "6");
  metrics.add(Kind::info, "c", "sea", {{"v", "x"}}, "1");
  EXPECT_EQ(metrics.text(),
            "# TYPE a gauge\na 0.5\n"
            "# TYPE b counter\n# HELP b bees\nb_total{n=\"1\"} 5\nb_total{n=\"2\",m=\"\"} 6\n"
            "# TYPE c info\n# HELP c sea\nc_info{v=\"x\"} 1\n"
            "# EOF\n");
}

TEST(open_metrics, what_a_name_or_a_value_cannot_have) {
  OpenMetrics metrics;
  metrics.add(Kind::gauge, "pika.Ring-full", "a \"b\"\n\\", {{"l", "x\"y\\z\n"}}, "1");
  EXPECT_EQ(metrics.text(),
            "# TYPE pika_ring_full gauge\n# HELP pika_ring_full a \\\"b\\\"\\n\\\\\n"
            "pika_ring_full{l=\"x\\\"y\\\\z\\n\"} 1\n# EOF\n");
}

}  // namespace
