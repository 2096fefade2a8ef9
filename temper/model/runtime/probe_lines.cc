#include "temper/model/runtime/probe_lines.h"

#include <algorithm>
#include <array>

namespace temper::runtime {
namespace {

constexpr std::string_view kStage = "stage ";
constexpr std::string_view kReport = "report ";
constexpr std::string_view kError = "error ";
/// The kinds that a probe may end with; any other word is no verdict.
constexpr std::array<ErrorCode, 6> kCodes = {
    ErrorCode::kInvalidArgument,  ErrorCode::kNotFound, ErrorCode::kResourceExhausted,
    ErrorCode::kDeadlineExceeded, ErrorCode::kInternal, ErrorCode::kFailedPrecondition};

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

Error parse_error(std::string_view text) {
  const auto space = std::min(text.find(' '), text.size());
  const auto code = std::find_if(kCodes.begin(), kCodes.end(), [&](ErrorCode candidate) {
    return error_code_name(candidate) == text.substr(0, space);
  });
  if (code == kCodes.end()) {
    return Error{.code = ErrorCode::kInternal,
                 .message = "the probe's child wrote no known verdict",
                 .retry_after_ms = 0};
  }
  return Error{.code = *code,
               .message = std::string(text.substr(std::min(space + 1, text.size()))),
               .retry_after_ms = 0};
}

}  // namespace

std::string stage_line(std::string_view stage) {
  return fmt::format("{}{}\n", kStage, one_line(stage));
}

std::string verdict_line(const Result<ProbeReport>& verdict) {
  if (verdict) return fmt::format("{}{}\n", kReport, to_json(*verdict));
  const Error& error = verdict.error();
  return fmt::format("{}{} {}\n", kError, error_code_name(error.code), one_line(error.message));
}

ProbeLines read_probe_lines(std::string_view text) {
  ProbeLines lines;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with(kStage)) {
      lines.stage = line.substr(kStage.size());
    } else if (line.starts_with(kReport)) {
      auto report = parse_probe_report(line.substr(kReport.size()));
      if (!report) report.error().code = ErrorCode::kInternal;
      lines.verdict = std::move(report);
    } else if (line.starts_with(kError)) {
      lines.verdict = std::unexpected(parse_error(line.substr(kError.size())));
    }
  }
  return lines;
}

}  // namespace temper::runtime
