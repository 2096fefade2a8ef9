#include "temper/cli/client/http_response.h"

#include <gtest/gtest.h>

namespace temper::client {
namespace {

using Keep = HttpResponseReader::Keep;

HttpResponse read_whole(std::string_view bytes) {
  HttpResponseReader reader(Keep::kEverything);
  const auto used = reader.feed(bytes);
  EXPECT_TRUE(used) << used.error().message;
  EXPECT_TRUE(reader.complete());
  return reader.take();
}

std::string error_of(std::string_view bytes) {
  HttpResponseReader reader(Keep::kEverything);
  const auto used = reader.feed(bytes);
  return used ? "" : used.error().message;
}

TEST(HttpResponseTest, ReadsABodyOfKnownLength) {
  const HttpResponse response =
      read_whole("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-LENGTH: 5\r\n\r\nhello");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.header("content-type"), "text/plain");
  EXPECT_EQ(response.header("missing"), "");
}

TEST(HttpResponseTest, ReadsChunksWithExtensionsAndTrailers) {
  const HttpResponse response = read_whole(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=value\r\nhello\r\nB\r\n, the world\r\n0\r\nDigest: x\r\n\r\n");
  EXPECT_EQ(response.body, "hello, the world");
}

TEST(HttpResponseTest, GivesTheSameResponseHoweverTheBytesAreCut) {
  for (const std::string_view bytes :
       {std::string_view(
            "HTTP/1.1 503 Busy\r\ntemper-retry-after-ms: 7\r\nContent-Length: 3\r\n\r\nabc"),
        std::string_view("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
                         "\r\n")}) {
    for (std::size_t first = 0; first < bytes.size(); ++first) {
      HttpResponseReader reader(Keep::kEverything);
      ASSERT_TRUE(reader.feed(bytes.substr(0, first)));
      ASSERT_FALSE(reader.complete()) << first;
      for (std::size_t k = first; k < bytes.size(); ++k) {
        const auto used = reader.feed(bytes.substr(k, 1));
        ASSERT_TRUE(used);
        ASSERT_EQ(*used, 1U);
      }
      ASSERT_TRUE(reader.complete());
      EXPECT_EQ(reader.response().status, 503);
      EXPECT_EQ(reader.response().body, "abc");
    }
  }
}

TEST(HttpResponseTest, LeavesTheNextResponseAlone) {
  const std::string_view one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
  const std::string both = std::string(one) + "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
  HttpResponseReader reader(Keep::kStatusOnly);
  const auto used = reader.feed(both);
  ASSERT_TRUE(used);
  EXPECT_EQ(*used, one.size());
  reader.next();
  ASSERT_TRUE(reader.feed(std::string_view(both).substr(*used)));
  EXPECT_EQ(reader.response().status, 404);
}

TEST(HttpResponseTest, KeepsNothingButTheStatusWhereOnlyThatIsWanted) {
  HttpResponseReader reader(Keep::kStatusOnly);
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nab"));
  EXPECT_TRUE(reader.complete());
  EXPECT_TRUE(reader.response().headers.empty());
  EXPECT_TRUE(reader.response().body.empty());
}

TEST(HttpResponseTest, ABodyWithoutLengthEndsWithTheConnection) {
  HttpResponseReader reader(Keep::kEverything);
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\n\r\nhalf"));
  EXPECT_FALSE(reader.complete());
  ASSERT_TRUE(reader.end_of_stream());
  EXPECT_TRUE(reader.complete());
  EXPECT_FALSE(reader.keep_alive());
  EXPECT_EQ(reader.response().body, "half");
}

TEST(HttpResponseTest, SaysThatAResponseWasCutShort) {
  HttpResponseReader reader(Keep::kEverything);
  ASSERT_TRUE(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
  const Status ended = reader.end_of_stream();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
}

TEST(HttpResponseTest, SkipsInformationalResponses) {
  EXPECT_EQ(read_whole("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n").status, 204);
}

TEST(HttpResponseTest, KnowsWhetherTheConnectionStays) {
  const auto keeps = [](std::string_view bytes) {
    HttpResponseReader reader(Keep::kStatusOnly);
    EXPECT_TRUE(reader.feed(bytes));
    return reader.keep_alive();
  };
  EXPECT_TRUE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

TEST(HttpResponseTest, PrefersTheFinerRetryHint) {
  const auto hint = [](std::string_view headers) {
    HttpResponseReader reader(Keep::kStatusOnly);
    EXPECT_TRUE(
        reader.feed("HTTP/1.1 429 Busy\r\n" + std::string(headers) + "Content-Length: 0\r\n\r\n"));
    return reader.response().retry_after_ms;
  };
  EXPECT_EQ(hint("Retry-After: 2\r\n"), 2000);
  EXPECT_EQ(hint("Retry-After: 1\r\nTemper-Retry-After-Ms: 7\r\n"), 7);
  EXPECT_EQ(hint("Retry-After-Ms: 7\r\nRetry-After: 1\r\n"), 7);
  EXPECT_EQ(hint("Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"), 0);
  EXPECT_EQ(hint(""), 0);
}

TEST(HttpResponseTest, RefusesWhatIsNotHttp) {
  EXPECT_NE(error_of("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"), "");
  EXPECT_NE(error_of("HTTP/1.1 2x0 OK\r\n\r\n"), "");
  EXPECT_NE(error_of("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), "");
  EXPECT_NE(error_of("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "");
  EXPECT_NE(error_of("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), "");
  EXPECT_NE(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "");
  EXPECT_NE(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"), "");
}

TEST(HttpResponseTest, BoundsHeadAndBody) {
  EXPECT_NE(error_of("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')), "");
  HttpResponseReader reader(Keep::kEverything, 4);
  EXPECT_FALSE(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  HttpResponseReader chunked(Keep::kEverything, 4);
  EXPECT_FALSE(
      chunked.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"));
}

}  // namespace
}  // namespace temper::client
