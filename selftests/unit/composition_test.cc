// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "core/composition.h"
}

namespace {

struct Parsed {
  explicit Parsed(const std::string& text) : ok(pika_composition_parse(text.c_str(), &c, &fault)) {
    char line[120];
    pika_composition_explain(text.c_str(), &fault, line, sizeof(line));
    why = line;
  }
  /// "TLC TL": the components of each server.
  std::string servers() const {
    std::string all;
    for (uint16_t i = 0; i < c.servers; i++) {
      if (i) all += ' ';
      if (pika_composition_has(&c, i, PIKA_COMPONENT_TS)) all += 'T';
      if (pika_composition_has(&c, i, PIKA_COMPONENT_LS)) all += 'L';
      if (pika_composition_has(&c, i, PIKA_COMPONENT_CM)) all += 'C';
    }
    return all;
  }
  std::vector<uint16_t> cms() const { return partners(PIKA_COMPONENT_LS, pika_composition_cm_of); }
  std::vector<uint16_t> lss() const { return partners(PIKA_COMPONENT_TS, pika_composition_ls_of); }

  pika_composition c{};
  pika_composition_fault fault{};
  bool ok;
  std::string why;

 private:
  template <typename F>
  std::vector<uint16_t> partners(pika_component of, F f) const {
    std::vector<uint16_t> all;
    for (uint16_t i = 0; i < c.servers; i++)
      if (pika_composition_has(&c, i, of)) all.push_back(f(&c, i));
    return all;
  }
};

TEST(composition, parse__the_papers_examples) {
  EXPECT_EQ(Parsed("TS2LS2CM2").servers(), "TLC TLC");
  EXPECT_EQ(Parsed("TS2+LS2+CM1").servers(), "T T L L C");
  EXPECT_EQ(Parsed("TS8LS8CM1").servers(), "TLC TL TL TL TL TL TL TL");
  EXPECT_EQ(Parsed("TS1LS1+CM1").servers(), "TL C");
  EXPECT_EQ(Parsed("TS8LS8+CM4").c.servers, 12);
}

TEST(composition, parse__a_group_is_as_long_as_its_largest_count) {
  EXPECT_EQ(Parsed("CM1TS3LS2").servers(), "TLC TL T");
  EXPECT_EQ(Parsed("LS1+TS2CM3").servers(), "L TC TC C");
}

TEST(composition, parse__128_servers_and_not_more) {
  EXPECT_TRUE(Parsed("TS128LS128CM128").ok);
  EXPECT_TRUE(Parsed("TS64+LS32CM64").ok);
  EXPECT_EQ(Parsed("TS100LS1CM1+TS1").why,
            "TS100LS1CM1+TS1: at 13: this component was named before");
  EXPECT_EQ(Parsed("TS100+LS29CM1").why, "TS100+LS29CM1: at 7: more than 128 servers");
  EXPECT_TRUE(Parsed("TS100+LS28CM28").ok);
}

TEST(composition, errors__say_what_and_where) {
  const std::map<std::string, std::string> faults = {
      {"TS2LS0", "at 6: expected a count from 1 to 128"},
      {"", "at 1: expected TS, LS or CM"},
      {"TS", "at 3: expected a count from 1 to 128"},
      {"T", "at 1: expected TS, LS or CM"},
      {"TS2LS2CM", "at 9: expected a count from 1 to 128"},
      {"TS2LS2CM129", "at 9: expected a count from 1 to 128"},
      {"TS2LS2CM99999999999999999999", "at 9: expected a count from 1 to 128"},
      {"TS02LS2CM2", "at 3: expected a count from 1 to 128"},
      {"TS-1LS2CM2", "at 3: expected a count from 1 to 128"},
      {"ts2ls2cm2", "at 1: expected TS, LS or CM"},
      {"TS2 LS2CM2", "at 4: expected TS, LS or CM"},
      {"TS2LS2CM2 ", "at 10: expected TS, LS or CM"},
      {"TS2LS2CM2+", "at 11: expected TS, LS or CM"},
      {"+TS2LS2CM2", "at 1: expected TS, LS or CM"},
      {"TS2++LS2CM2", "at 5: expected TS, LS or CM"},
      {"TS2LS2TS2", "at 7: this component was named before"},
      {"TS2LS2+CM1+LS1", "at 12: this component was named before"},
      {"TS2LS2", "at 7: no CM was named"},
      {"TS2+CM1", "at 8: no LS was named"},
      {"LS2CM2", "at 7: no TS was named"},
      {"TS2LS2CM2\n", "at 10: expected TS, LS or CM"},
  };
  for (const auto& [text, why] : faults) {
    const Parsed parsed(text);
    EXPECT_FALSE(parsed.ok) << text;
    EXPECT_EQ(parsed.why, std::string(text).append(": ").append(why));
  }
}

TEST(composition, explain__is_cut_to_the_buffer) {
  const pika_composition_fault fault{PIKA_COMPOSITION_COUNT, 6};
  char line[8] = "#######";
  EXPECT_EQ(pika_composition_explain("TS2LS0", &fault, line, sizeof(line)), 7u);
  EXPECT_STREQ(line, "TS2LS0:");
  EXPECT_EQ(pika_composition_explain("TS2LS0", &fault, line, 1), 0u);
  EXPECT_STREQ(line, "");
}

TEST(composition, partners__are_in_the_same_server_if_they_can_be) {
  const Parsed p("TS4LS4CM4");
  EXPECT_EQ(p.cms(), (std::vector<uint16_t>{0, 1, 2, 3}));
  EXPECT_EQ(p.lss(), (std::vector<uint16_t>{0, 1, 2, 3}));
}

TEST(composition, partners__are_spread_evenly_else) {
  EXPECT_EQ(Parsed("TS2LS4+CM2").cms(), (std::vector<uint16_t>{4, 5, 4, 5}));
  EXPECT_EQ(Parsed("TS4LS2CM1").lss(), (std::vector<uint16_t>{0, 1, 0, 1}));
  EXPECT_EQ(Parsed("TS4LS4CM1").cms(), (std::vector<uint16_t>{0, 0, 0, 0}));
  EXPECT_EQ(Parsed("CM1+TS3+LS2").lss(), (std::vector<uint16_t>{4, 5, 4}));
}

TEST(composition, groups__are_ranges_of_equal_length) {
  const Parsed p("LS1CM1+TS3");
  std::vector<u16> ts_of(PIKA_GROUPS);
  pika_composition_map_groups(&p.c, ts_of.data());
  std::map<u16, int> groups;
  for (u16 ts : ts_of) groups[ts]++;
  EXPECT_EQ(groups, (std::map<u16, int>{{1, 1366}, {2, 1365}, {3, 1365}}));
  EXPECT_TRUE(std::is_sorted(ts_of.begin(), ts_of.end()));
}

TEST(composition, groups__every_second_port_meets_all_ts) {
  const Parsed p("TS128LS128CM128");
  std::vector<u16> ts_of(PIKA_GROUPS);
  pika_composition_map_groups(&p.c, ts_of.data());
  std::map<u16, int> groups;
  for (size_t i = 0; i < PIKA_GROUPS; i += 2) groups[ts_of[i]]++;
  EXPECT_EQ(groups.size(), 128u);
  for (const auto& [ts, n] : groups) EXPECT_EQ(n, 16);
}

/// Whatever is written: a fault inside the text, or servers that are as they should.
TEST(composition, any_text__is_refused_or_makes_sense) {
  std::mt19937 random(7);
  const std::string letters = "TSLCM0123489+ ";
  int good = 0;
  for (int i = 0; i < 200000; i++) {
    std::string text;
    for (const char* part : {"TS", "LS", "CM"}) {
      text += part + std::to_string(1 + random() % 64);
      if (random() % 3 == 0) text += '+';
    }
    for (uint32_t n = random() % 3; n > 0; n--)
      text[random() % text.size()] = letters[random() % letters.size()];
    const Parsed p(text);
    if (!p.ok) {
      ASSERT_GE(p.fault.at, 1u);
      ASSERT_LE(p.fault.at, text.size() + 1);
      continue;
    }
    good++;
    ASSERT_LE(p.c.servers, PIKA_SERVERS);
    for (uint16_t s = 0; s < p.c.servers; s++) ASSERT_NE(p.c.components[s], 0);
    for (uint16_t cm : p.cms()) ASSERT_TRUE(pika_composition_has(&p.c, cm, PIKA_COMPONENT_CM));
    for (uint16_t ls : p.lss()) ASSERT_TRUE(pika_composition_has(&p.c, ls, PIKA_COMPONENT_LS));
  }
  EXPECT_GT(good, 10000);
}

}  // namespace
