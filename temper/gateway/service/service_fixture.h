// For tests of the fronts: a service over real models, see fleet_fixture.h.
#pragma once

#include <memory>

#include "temper/gateway/fleet/fleet_fixture.h"
#include "temper/gateway/service/service.h"

namespace temper::gateway {

inline constexpr SipKey kIdKey{1, 2};

class ServiceFixture : public FleetFixture {
 protected:
  void SetUp() override {
    FleetFixture::SetUp();
    profile_->server.http = "127.0.0.1:0";
    profile_->server.grpc = "127.0.0.1:0";
    profile_->server.admin = "127.0.0.1:0";
    add("linear", "linear");
    start_service();
  }

  void start_service() {
    fleet_ = start_fleet();
    service_ = std::make_unique<Service>(profile_, *fleet_, metrics_, system_clock_instance(),
                                         kIdKey, Recording{.tap = tap_, .feedback = desk_.get()});
  }

  void TearDown() override {
    service_.reset();
    fleet_.reset();
  }

  EvidenceTap tap_;
  std::unique_ptr<FeedbackDesk> desk_;
  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<Service> service_;
};

}  // namespace temper::gateway
