#include "temper/gateway/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <thread>

#include "temper/gateway/service/service_fixture.h"

namespace temper::gateway::http {
namespace {

/// A raw client: what goes over the wire is the test's own business.
class RawClient {
 public:
  explicit RawClient(const std::string& address) {
    std::uint16_t port = 0;
    const std::size_t colon = address.rfind(':');
    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(fd_); }

  [[nodiscard]] bool connected() const { return connected_; }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Reads until `count` answers have come or the peer closes.
  std::string receive(int count) {
    std::string text;
    while (answers_in(text) < count) {
      char chunk[4096];
      const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
      if (got <= 0) break;
      text.append(chunk, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  static int answers_in(std::string_view text) {
    int count = 0;
    for (;;) {
      const std::size_t end = text.find("\r\n\r\n");
      const std::size_t length = text.find("Content-Length: ");
      if (end == std::string_view::npos) return count;
      std::size_t size = 0;
      if (length < end) {
        std::from_chars(text.data() + length + 16, text.data() + end, size);
        if (text.size() < end + 4 + size) return count;
        ++count;
      }
      text.remove_prefix(end + 4 + size);
    }
  }
  int fd_ = -1;
  bool connected_ = false;
};

constexpr std::string_view kBody =
    R"({"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]})";

std::string infer_request(std::string_view extra_headers = "") {
  return fmt::format(
      "POST /v2/models/linear/infer HTTP/1.1\r\nHost: t\r\n{}Content-Length: {}\r\n\r\n{}",
      extra_headers, kBody.size(), kBody);
}

class HttpServerTest : public ServiceFixture {
 protected:
  void SetUp() override {
    ServiceFixture::SetUp();
    profile_->server.max_body_bytes = 4096;
    profile_->server.max_header_bytes = 2048;
    auto started = HttpServer::start(*service_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }
  void TearDown() override {
    server_.reset();
    ServiceFixture::TearDown();
  }
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, KeepsAConnectionOpenForManyRequests) {
  RawClient client(server_->http_address());
  for (int i = 0; i < 20; ++i) {
    client.send(infer_request());
    EXPECT_EQ(client.receive(1).rfind("HTTP/1.1 200 OK\r\n", 0), 0U);
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  RawClient client(server_->http_address());
  std::string burst;
  for (int i = 0; i < 50; ++i) {
    burst += i % 2 == 0 ? infer_request() : "GET /v2/models/nobody HTTP/1.1\r\nHost: t\r\n\r\n";
  }
  client.send(burst);
  const std::string answers = client.receive(50);
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find("HTTP/1.1 ", at);
    ASSERT_NE(at, std::string::npos) << i;
    EXPECT_EQ(answers.substr(at + 9, 3), i % 2 == 0 ? "200" : "404") << i;
    ++at;
  }
}

TEST_F(HttpServerTest, TakesARequestThatComesByteByByteAndInChunks) {
  RawClient client(server_->http_address());
  for (const char c : infer_request()) client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.receive(1).rfind("HTTP/1.1 200", 0), 0U);
  client.send(fmt::format(
      "POST /v2/models/linear/infer HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
      10, kBody.substr(0, 10), kBody.size() - 10, kBody.substr(10)));
  EXPECT_EQ(client.receive(1).rfind("HTTP/1.1 200", 0), 0U);
}

TEST_F(HttpServerTest, ContinuesWhenAsked) {
  RawClient client(server_->http_address());
  client.send(
      fmt::format("POST /v2/models/linear/infer HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
                  "Content-Length: {}\r\n\r\n",
                  kBody.size()));
  client.send(kBody);
  const std::string answer = client.receive(1);
  EXPECT_NE(answer.find("200 OK"), std::string::npos) << answer;
}

TEST_F(HttpServerTest, RefusesWhatIsTooLargeOrNoHttpAndCloses) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"POST /v2/models/linear/infer HTTP/1.1\r\nHost: t\r\nContent-Length: 99999\r\n\r\n", "413"},
      {"GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(5000, 'a') + "\r\n\r\n", "431"},
      {"\x16\x03\x01 this is TLS\r\n\r\n", "400"},
      {"GET / HTTP/9.9\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", "400"}};
  for (const auto& [bytes, status] : cases) {
    RawClient client(server_->http_address());
    client.send(bytes);
    const std::string answer = client.receive(1);
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 " + status) << bytes.substr(0, 60);
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  }
}

TEST_F(HttpServerTest, ClosesWhenTheCallerAsksForIt) {
  RawClient client(server_->http_address());
  client.send(infer_request("Connection: close\r\n"));
  EXPECT_NE(client.receive(2).find("Connection: close"), std::string::npos);
}

TEST_F(HttpServerTest, DrainAnswersWhatIsOpenAndTakesNothingNew) {
  RawClient open(server_->http_address());
  open.send(infer_request());
  EXPECT_EQ(open.receive(1).rfind("HTTP/1.1 200", 0), 0U);
  open.send(infer_request());
  service_->admission().begin_drain();
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  const std::string answer = open.receive(1);
  EXPECT_EQ(answer.rfind("HTTP/1.1 200", 0), 0U);
  drain.join();
  EXPECT_FALSE(RawClient(server_->http_address()).connected());
}

TEST_F(HttpServerTest, SaysWhichAddressCannotBeBound) {
  profile_->server.http = server_->http_address();
  const auto second = HttpServer::start(*service_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find(profile_->server.http), std::string::npos);
}

}  // namespace
}  // namespace temper::gateway::http
