#include "temper/core/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "temper/core/check.h"

namespace temper {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    TEMPER_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void update(const void* data, std::size_t size) {
    TEMPER_CHECK(EVP_DigestUpdate(context_.get(), data, size) == 1);
  }
  std::string finish() {
    std::array<unsigned char, 32> digest{};
    TEMPER_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    std::string hex;
    for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

std::string sha256_hex(std::span<const std::byte> data) {
  Sha256 sha;
  sha.update(data.data(), data.size());
  return sha.finish();
}

std::string sha256_hex(std::string_view data) { return sha256_hex(std::as_bytes(std::span(data))); }

Result<std::string> sha256_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) {
    return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInternal,
                "cannot open '{}': {}", path, std::strerror(errno));
  }
  Sha256 sha;
  std::vector<char> chunk(1 << 16);
  while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    sha.update(chunk.data(), got);
  }
  if (std::ferror(file.get()) != 0) return fail(ErrorCode::kInternal, "cannot read '{}'", path);
  return sha.finish();
}

std::uint64_t siphash(const SipKey& key, std::span<const std::byte> data) {
  SipState s{key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
             key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL};
  const std::size_t whole = data.size() / 8 * 8;
  for (std::size_t i = 0; i < whole; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data.data() + i, 8);
    s.absorb(word);
  }
  std::uint64_t tail = static_cast<std::uint64_t>(data.size()) << 56;
  for (std::size_t i = whole; i < data.size(); ++i) {
    tail |= std::to_integer<std::uint64_t>(data[i]) << (8 * (i - whole));
  }
  s.absorb(tail);
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

std::uint64_t siphash(const SipKey& key, std::string_view data) {
  return siphash(key, std::as_bytes(std::span(data)));
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace temper
