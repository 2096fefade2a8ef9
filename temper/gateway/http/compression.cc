#include "temper/gateway/http/compression.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace temper::gateway::http {
namespace {

constexpr int kWindowBits = 15;
/// zlib's way to say "with a gzip header".
constexpr int kGzipWindowBits = kWindowBits + 16;

int window_bits(Coding coding) { return coding == Coding::kGzip ? kGzipWindowBits : kWindowBits; }

std::string lower_trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

struct Inflater {
  z_stream stream{};
  bool ready = false;
  explicit Inflater(Coding coding) { ready = inflateInit2(&stream, window_bits(coding)) == Z_OK; }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
};

struct Deflater {
  z_stream stream{};
  bool ready = false;
  explicit Deflater(Coding coding) {
    ready = deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits(coding), 8,
                         Z_DEFAULT_STRATEGY) == Z_OK;
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() {
    if (ready) deflateEnd(&stream);
  }
};

Bytef* bytes_of(std::string_view data) {
  // zlib's interface predates const; it does not write through next_in.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(data.data()));
}

}  // namespace

std::string_view coding_name(Coding coding) { return coding == Coding::kGzip ? "gzip" : "deflate"; }

Result<std::optional<Coding>> parse_content_encoding(std::string_view header) {
  const std::string name = lower_trimmed(header);
  if (name.empty() || name == "identity") return std::optional<Coding>{};
  if (name == "gzip" || name == "x-gzip") return Coding::kGzip;
  if (name == "deflate") return Coding::kDeflate;
  return fail(ErrorCode::kUnimplemented, "Content-Encoding '{}', expected gzip or deflate", name);
}

std::optional<Coding> choose_coding(std::string_view accept_encoding) {
  double gzip = 0;
  double deflate = 0;
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    const std::string item = lower_trimmed(accept_encoding.substr(0, comma));
    accept_encoding = comma == std::string_view::npos ? "" : accept_encoding.substr(comma + 1);
    const std::size_t semicolon = item.find(';');
    const std::string name = lower_trimmed(std::string_view(item).substr(0, semicolon));
    double quality = 1;
    if (const std::size_t q = item.find("q="); q != std::string::npos) {
      quality = 0;
      std::from_chars(item.data() + q + 2, item.data() + item.size(), quality);
    }
    if (name == "gzip" || name == "*") gzip = quality;
    if (name == "deflate") deflate = quality;
  }
  if (gzip > 0 && gzip >= deflate) return Coding::kGzip;
  if (deflate > 0) return Coding::kDeflate;
  return std::nullopt;
}

Result<std::string> decompress(std::string_view data, Coding coding, std::size_t max_bytes) {
  Inflater inflater(coding);
  if (!inflater.ready) return fail(ErrorCode::kInternal, "zlib cannot start");
  z_stream& stream = inflater.stream;
  stream.next_in = bytes_of(data);
  stream.avail_in = static_cast<uInt>(data.size());
  std::string out;
  std::array<char, 1 << 16> chunk{};
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
    if (out.size() > max_bytes) {
      return fail(ErrorCode::kResourceExhausted, "the {} body grows beyond the limit of {} bytes",
                  coding_name(coding), max_bytes);
    }
    if (code == Z_STREAM_END) break;
    if (code != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
      return fail(ErrorCode::kInvalidArgument, "the {} body is damaged or truncated at byte {}",
                  coding_name(coding), stream.total_in);
    }
  }
  if (stream.avail_in != 0) {
    return fail(ErrorCode::kInvalidArgument, "{} bytes follow the {} body", stream.avail_in,
                coding_name(coding));
  }
  return out;
}

Result<std::string> compress(std::string_view data, Coding coding) {
  Deflater deflater(coding);
  if (!deflater.ready) return fail(ErrorCode::kInternal, "zlib cannot start");
  z_stream& stream = deflater.stream;
  std::string out(deflateBound(&stream, static_cast<uLong>(data.size())), '\0');
  stream.next_in = bytes_of(data);
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
    return fail(ErrorCode::kInternal, "zlib cannot compress {} bytes", data.size());
  }
  out.resize(stream.total_out);
  return out;
}

}  // namespace temper::gateway::http
