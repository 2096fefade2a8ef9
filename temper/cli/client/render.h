// Answers as people read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "temper/gateway/oip/client_codec.h"
#include "temper/model/tensor/tensor.h"

namespace temper::client {

/// One line per row, elements separated by blanks; beyond `max_rows` rows or 16 elements a row a
/// count of what is left out.
[[nodiscard]] std::string tensor_text(const Tensor& tensor, std::size_t max_rows = 20);

/// Model, version, each output with datatype, shape and values, and what the server says about the
/// answer.
[[nodiscard]] std::string reply_text(const oip::InferReply& reply);

/// The answer as the protocol's JSON, whatever it came as. Errors: as oip::append_infer_response.
[[nodiscard]] Result<std::string> reply_json(const oip::InferReply& reply);

/// Rows of cells under headings, right-aligned but for the first column; ends with a newline.
[[nodiscard]] std::string table_text(const std::vector<std::string>& headings,
                                     const std::vector<std::vector<std::string>>& rows);

/// "1,234,567".
[[nodiscard]] std::string count_text(std::uint64_t count);

}  // namespace temper::client
