// XGBoost's C functions, bound by name when the first model is trained.
#pragma once

#include <xgboost/c_api.h>

#include "temper/core/result.h"

namespace temper::renew::xgboost {

#define TEMPER_XGBOOST_FUNCTIONS(apply)                                                \
  apply(XGBGetLastError) apply(XGBoostVersion) apply(XGDMatrixCreateFromDense)         \
      apply(XGDMatrixSetInfoFromInterface) apply(XGDMatrixFree) apply(XGBoosterCreate) \
          apply(XGBoosterFree) apply(XGBoosterSetParam) apply(XGBoosterUpdateOneIter)  \
              apply(XGBoosterPredictFromDMatrix) apply(XGBoosterSaveModelToBuffer)

struct Library {
#define TEMPER_XGBOOST_MEMBER(name) decltype(&::name) name = nullptr;
  TEMPER_XGBOOST_FUNCTIONS(TEMPER_XGBOOST_MEMBER)
#undef TEMPER_XGBOOST_MEMBER
};

/// Opens libxgboost.so at the first call. Errors: kFailedPrecondition. Safe from any thread.
[[nodiscard]] Result<const Library*> library();

/// "3.2.0". Errors: kFailedPrecondition.
[[nodiscard]] Result<std::string> version();

}  // namespace temper::renew::xgboost
