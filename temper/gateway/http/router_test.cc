#include "temper/gateway/http/router.h"

#include <future>

#include "temper/gateway/http/compression.h"
#include "temper/gateway/service/service_fixture.h"

namespace temper::gateway::http {
namespace {

constexpr std::string_view kGoodBody =
    R"({"id":"7","inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]})";

class RouterTest : public ServiceFixture {
 protected:
  HttpResponse ask(HttpRequest request, std::string_view body = "") {
    request.body = std::make_shared<std::string>(body);
    request.arrival = system_clock_instance().now();
    std::promise<HttpResponse> promise;
    Router(*service_).route(request, nullptr, [&promise](HttpResponse response) {
      promise.set_value(std::move(response));
    });
    return promise.get_future().get();
  }
  HttpResponse get(std::string_view target) {
    return ask({.method = Method::kGet, .target = target});
  }
  HttpResponse post(std::string_view target, std::string_view body) {
    return ask({.method = Method::kPost, .target = target}, body);
  }
};

TEST_F(RouterTest, AnswersTheProtocolsPages) {
  for (const std::string_view target :
       {"/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/linear",
        "/v2/models/linear/versions/1", "/v2/models/linear/ready",
        "/v2/models/linear/versions/1/ready", "/v2/models/linear/config", "/v2/models/linear/stats",
        "/v2/models/stats", "/health", "/healthz", "/metrics", "/v2/models/linear?x=1"}) {
    EXPECT_EQ(get(target).status, 200) << target;
  }
  EXPECT_NE(post("/v2/repository/index", "").body.find("READY"), std::string::npos);
}

TEST_F(RouterTest, InfersAndEchoesTheId) {
  for (const std::string_view target :
       {"/v2/models/linear/infer", "/v2/models/linear/versions/1/infer",
        "/v2/models/linear/versions/champion/infer"}) {
    const HttpResponse response = post(target, kGoodBody);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_NE(response.body.find(R"("id":"7")"), std::string::npos);
    EXPECT_NE(response.body.find("temper_prediction_id"), std::string::npos);
  }
}

TEST_F(RouterTest, WrongTargetsAndMethodsSayWhatIsExpected) {
  for (const std::string_view target :
       {"/", "/v3", "/v2/models", "/v2/models/linear/x", "/v2/models/linear/ready/x", "nonsense",
        "/a/b/c/d/e/f/g/h/i/j", "/v2//"}) {
    const HttpResponse response = get(target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_NE(response.body.find("\"error\""), std::string::npos);
  }
  EXPECT_EQ(get("/v2/models/linear/infer").status, 405);
  EXPECT_EQ(post("/v2", "").status, 405);
  EXPECT_EQ(get("/v2/models/nobody").status, 404);
}

TEST_F(RouterTest, BadBodiesAreTheCallersFault) {
  for (const std::string_view body : {"", "{", "[]", "{}", R"({"inputs":[]})", "\xff\xfe"}) {
    const HttpResponse response = post("/v2/models/linear/infer", body);
    EXPECT_EQ(response.status, 400) << body;
  }
}

TEST_F(RouterTest, TakesCompressedBodiesAndGivesCompressedAnswers) {
  const std::string packed = compress(kGoodBody, Coding::kGzip).value();
  HttpRequest request{
      .method = Method::kPost, .target = "/v2/models/linear/infer", .content_encoding = "gzip"};
  EXPECT_EQ(ask(request, packed).status, 200);
  EXPECT_EQ(ask(request, kGoodBody).status, 400);
  request.content_encoding = "br";
  EXPECT_EQ(ask(request, kGoodBody).status, 501);

  const HttpResponse page =
      ask({.method = Method::kGet, .target = "/metrics", .accept_encoding = "gzip"});
  EXPECT_NE(page.headers.find("Content-Encoding: gzip"), std::string::npos);
  EXPECT_TRUE(decompress(page.body, Coding::kGzip, 1 << 24));
}

TEST_F(RouterTest, ReadsTheContextHeaders) {
  HttpRequest request{.method = Method::kPost, .target = "/v2/models/linear/infer"};
  request.context = {{"temper-timeout", "soon"}};
  const HttpResponse response = ask(request, kGoodBody);
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("temper-timeout"), std::string::npos);
}

TEST_F(RouterTest, LoadAndUnloadWorkOnTheAdminSurfaceOnly) {
  EXPECT_EQ(post("/v2/repository/models/linear/unload", "").status, 403);
  HttpRequest request{.surface = Surface::kAdmin,
                      .method = Method::kPost,
                      .target = "/v2/repository/models/linear/unload"};
  EXPECT_EQ(ask(request).status, 200);
  EXPECT_EQ(post("/v2/models/linear/infer", kGoodBody).status, 503);
  request.target = "/v2/repository/models/linear/load";
  EXPECT_EQ(ask(request).status, 200);
  EXPECT_EQ(post("/v2/models/linear/infer", kGoodBody).status, 200);
}

TEST_F(RouterTest, KeysCloseEverythingButHealth) {
  profile_->api_keys.push_back({.name = "web", .sha256 = sha256_hex("k")});
  service_.reset();
  start_service();
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/v2/health/ready").status, 200);
  EXPECT_EQ(get("/metrics").status, 401);
  EXPECT_EQ(post("/v2/models/linear/infer", kGoodBody).status, 401);
  EXPECT_EQ(ask({.method = Method::kPost,
                 .target = "/v2/models/linear/infer",
                 .authorization = "Bearer k"},
                kGoodBody)
                .status,
            200);
  EXPECT_EQ(ask({.surface = Surface::kAdmin,
                 .method = Method::kPost,
                 .target = "/v2/repository/models/linear/unload",
                 .api_key = "k"})
                .status,
            403);
}

TEST_F(RouterTest, RetryHintsBecomeHeaders) {
  const HttpResponse response = error_response(
      {.code = ErrorCode::kResourceExhausted, .message = "full", .retry_after_ms = 1500});
  EXPECT_EQ(response.status, 429);
  EXPECT_NE(response.headers.find("Retry-After: 2\r\n"), std::string::npos);
}

}  // namespace
}  // namespace temper::gateway::http
