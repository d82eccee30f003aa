// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/http.hh"

#include <gtest/gtest.h>

namespace {

const Pages pages = {{"/a", {"text/a", [] { return std::string("page a"); }}},
                     {"/b", {"text/b", [] { return std::string(); }}}};

std::string status(const std::string& request) {
  const std::string whole = answer(request, pages);
  return whole.substr(9, 3);
}

TEST(http, a_page_is_answered_with_its_type_and_length) {
  EXPECT_EQ(answer("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", pages),
            "HTTP/1.1 200 OK\r\nContent-Type: text/a\r\nContent-Length: 6\r\n"
            "Connection: close\r\n\r\npage a");
  EXPECT_EQ(status("GET /b?since=1 HTTP/1.0\n\n"), "200");
}

TEST(http, what_is_not_there_is_not_found) {
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), "404");
  EXPECT_EQ(status("GET /a/ HTTP/1.1\r\n\r\n"), "404");
  EXPECT_NE(answer("GET /c HTTP/1.1\r\n\r\n", pages).find("expected /a or /b"), std::string::npos);
}

TEST(http, only_get_is_served) {
  EXPECT_EQ(status("POST /a HTTP/1.1\r\n\r\n"), "405");
  EXPECT_EQ(status("HEAD /a HTTP/1.1\r\n\r\n"), "405");
}

TEST(http, what_is_no_request_is_refused) {
  for (const char* request : {"", "\r\n\r\n", "GET\r\n\r\n", "GET /a\r\n\r\n",
                              "GET /a SPDY/1\r\n\r\n", " \r\n\r\n", "\xff\xfe  HTTP\n\n"})
    EXPECT_EQ(status(request), "400") << request;
  EXPECT_EQ(status("GET /a HTTP/1.1\r\nX: " + std::string(request_most, 'x')), "400");
}

TEST(http, a_request_is_complete_at_its_empty_line) {
  EXPECT_FALSE(is_complete("GET /a HTTP/1.1\r\n"));
  EXPECT_TRUE(is_complete("GET /a HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(is_complete("GET /a HTTP/1.1\n\n"));
  EXPECT_TRUE(is_complete(std::string(request_most, 'x')));
}

}  // namespace
