// The options by which a command names a server and a model on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/cli/client/model_client.h"

namespace temper::client {

/// What the command line gives, before it is checked.
struct ServerFlags {
  ServerOptions server{.url = "http://127.0.0.1:8080", .model = {}, .api_key = {}, .timeout = {}};
  double timeout_s = 30;
};

/// --url, --api-key, --timeout. The model is each command's own to declare. `Options` is the
/// command line's door, which lies a floor above.
template <typename Options>
void declare_server(Options& options, ServerFlags& flags) {
  options.text(flags.server.url, "--url", "where the server listens, http://HOST:PORT");
  options.text(flags.server.api_key, "--api-key", "sent with each request; or $TEMPER_API_KEY");
  options.number(flags.timeout_s, "--timeout", "longest wait for an answer, seconds");
}

/// Errors: kInvalidArgument for a time-out that is none. Without --api-key the key is
/// $TEMPER_API_KEY, so that it need not stand on a command line that others can see.
[[nodiscard]] Result<ServerOptions> server_options(const ServerFlags& flags);

/// "A..B" (rows A to B, A included, B not, counted from 0), "A.." or "A" alone.
/// Errors: kInvalidArgument.
struct RowRange {
  std::size_t first = 0;
  /// Empty = to the end.
  std::optional<std::size_t> end;
};
[[nodiscard]] Result<RowRange> parse_row_range(std::string_view text);

/// "1,16,64". Errors: kInvalidArgument for anything but whole numbers in 1..`most`.
[[nodiscard]] Result<std::vector<int>> parse_counts(std::string_view text, int most);

/// "a,b,c"; empty text gives none.
[[nodiscard]] std::vector<std::string> split_names(std::string_view text);

/// "3600x" or "3600": a speed-up. "" gives 0. Errors: kInvalidArgument.
[[nodiscard]] Result<double> parse_speed(std::string_view text);

}  // namespace temper::client
