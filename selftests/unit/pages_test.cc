// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/pages.hh"

#include <gtest/gtest.h>

#include "pikad_world.hh"

namespace {

bool has(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

/// One stack that runs, with one of everything, and one that waits.
Snapshot snapshot() {
  StackSnapshot web{.netns = "web",
                    .standing = {},
                    .links = {{"eth0", true}, {"eth1", false}},
                    .stack = pika::StackInfo{.config = stack_in("web", "eth0", "0").config,
                                             .servers = 1,
                                             .sockets = 2,
                                             .lingering = 3,
                                             .flows = 4},
                    .stats = {},
                    .listeners = {},
                    .acceptors = {}};
  web.stats = {{.address = 0,
                .addresses = 2,
                .servers = 1,
                .core = 5,
                .components = {{"ts", {{"dropped_window", 7, "outside the window"}}},
                               {"received", {{"SYN", 8, ""}}}}},
               {.address = 1,
                .addresses = 2,
                .servers = 1,
                .core = 0,
                .components = {{"endpoint", {{"closed", 9, ""}}}}}};
  web.listeners = {{.number = 3,
                    .address = "::",
                    .port = 80,
                    .v6only = false,
                    .backlog = 511,
                    .offered = 1,
                    .claimed = 2,
                    .acceptors_len = 4,
                    .acceptors = {}}};
  web.acceptors = {{.pid = 77,
                    .server = 0,
                    .registered = true,
                    .listener = 3,
                    .address = "::",
                    .port = 80,
                    .cpu = 1,
                    .offers = 1,
                    .open = 2,
                    .service_us = 1500000,
                    .claim_us = 40,
                    .claimed = 6,
                    .timeouts = 5}};
  Snapshot all;
  all.file = "/etc/pika/pika.toml";
  all.stacks = {web,
                {.netns = "late",
                 .standing = {Standing::State::waiting, "no device eth0"},
                 .links = {{"eth0", false}},
                 .stack = {},
                 .stats = {},
                 .listeners = {},
                 .acceptors = {}}};
  return all;
}

TEST(pages, metrics_of_stacks_and_links) {
  const std::string page = metrics_page(snapshot());
  EXPECT_TRUE(has(page, "pika_config_holds 1"));
  EXPECT_TRUE(has(page, "pika_stack_as_wanted{namespace=\"web\"} 1"));
  EXPECT_TRUE(has(page, "pika_stack_as_wanted{namespace=\"late\"} 0"));
  EXPECT_TRUE(has(page, "pika_link_attached{namespace=\"web\",link=\"eth1\"} 0"));
  EXPECT_TRUE(has(page, "pika_stack_flows{namespace=\"web\"} 4"));
  EXPECT_TRUE(
      has(page, "pika_stack_info{namespace=\"web\",composition=\"TS1LS1CM1\",cores=\"0\"} 1"));
  EXPECT_TRUE(page.ends_with("\n# EOF\n"));
}

TEST(pages, metrics_of_servers_and_endpoints) {
  const std::string page = metrics_page(snapshot());
  EXPECT_TRUE(
      has(page, "pika_ts_dropped_window_total{namespace=\"web\",server=\"0\",core=\"5\"} 7"));
  EXPECT_TRUE(has(page, "# HELP pika_ts_dropped_window outside the window"));
  EXPECT_TRUE(has(page,
                  "pika_drops_total{namespace=\"web\",server=\"0\",core=\"5\",where=\"ts\","
                  "reason=\"dropped_window\"} 7"));
  EXPECT_TRUE(has(page,
                  "pika_drops_total{namespace=\"web\",cpu=\"0\",where=\"endpoint\","
                  "reason=\"closed\"} 9"));
  EXPECT_EQ(page.find("reason=\"SYN\""), page.npos);
  EXPECT_TRUE(has(page, "pika_received_syn_total{namespace=\"web\",server=\"0\",core=\"5\"} 8"));
  EXPECT_TRUE(has(page, "pika_endpoint_closed_total{namespace=\"web\",cpu=\"0\"} 9"));
}

TEST(pages, metrics_of_listeners_and_acceptors) {
  const std::string page = metrics_page(snapshot());
  EXPECT_TRUE(has(page,
                  "pika_listener_backlog{namespace=\"web\",listener=\"3\",address=\"::\","
                  "port=\"80\"} 511"));
  const std::string who =
      "{namespace=\"web\",server=\"0\",listener=\"3\",port=\"80\",pid=\"77\",cpu=\"1\"} ";
  EXPECT_TRUE(has(page, "pika_acceptor_claimed_total" + who + "6"));
  EXPECT_TRUE(has(page, "pika_acceptor_timeouts_total" + who + "5"));
  EXPECT_TRUE(has(page, "pika_acceptor_service_seconds" + who + "1.500000"));
  EXPECT_TRUE(has(page, "pika_acceptor_claim_seconds" + who + "0.000040"));
  EXPECT_TRUE(has(page, "pika_acceptor_ready" + who + "1"));
}

TEST(pages, a_refused_file_shows) {
  Snapshot all = snapshot();
  all.refusal = "f:1: x, expected y";
  EXPECT_TRUE(has(metrics_page(all), "pika_config_holds 0"));
  EXPECT_EQ(status_text(status_page(all), false)->substr(0, 56),
            "file /etc/pika/pika.toml: refused: f:1: x, expected y\nna");
}

TEST(pages, status_in_words) {
  EXPECT_EQ(*status_text(status_page(snapshot()), false),
            "file /etc/pika/pika.toml: holds\n"
            "namespace web: running\n"
            "  TS1LS1CM1 cores 0 sockets 2 flows 4 listeners 1\n"
            "namespace late: waiting: no device eth0\n");
}

TEST(pages, status_in_json_is_the_page) {
  const std::string page = status_page(snapshot());
  EXPECT_EQ(*status_text(page, true), page);
  EXPECT_NE(page.find("\"state\": \"waiting\""), std::string::npos);
}

TEST(pages, what_is_no_status_is_refused) {
  for (const char* page : {"", "{}", "[]", "{\"file\": 1}", "<html>"})
    EXPECT_EQ(status_text(page, true).error().code, EBADMSG) << page;
}

TEST(pages, a_snapshot_asks_the_kernel_and_copes_with_what_is_not_there) {
  FakeKernel kernel;
  kernel.places["a"].devices = {"eth0"};
  kernel.places["a"].stack = pika::StackInfo{.config = stack_in("a", "eth0").config};
  const Snapshot all =
      take_snapshot(kernel, {{"a", stack_in("a", "eth0,eth1")}, {"b", stack_in("b", "eth0")}}, {});
  ASSERT_EQ(all.stacks.size(), 2U);
  EXPECT_EQ(all.stacks[0].links,
            (std::vector<std::pair<std::string, bool>>{{"eth0", true}, {"eth1", false}}));
  EXPECT_FALSE(all.stacks[1].stack);
}

}  // namespace
