#include "temper/model/runtime/host/shared_slots.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace temper::runtime {
namespace {

constexpr std::uint32_t kMagic = 0x54485354;
constexpr std::size_t kPage = 4096;
/// What a slot keeps between runs, so that ordinary runs never wait for fresh pages.
constexpr std::size_t kKeptBytes = std::size_t{4} << 20;

std::size_t whole_pages(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

Result<SharedSlots> SharedSlots::map(Descriptor fd, std::size_t size) {
  void* base =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
  if (base == MAP_FAILED) {
    return fail(ErrorCode::kResourceExhausted, "cannot map {} bytes of shared memory: {}", size,
                std::strerror(errno));
  }
  SharedSlots shared;
  shared.fd_ = std::move(fd);
  shared.base_ = static_cast<std::byte*>(base);
  shared.size_ = size;
  shared.first_slot_offset_ = whole_pages(sizeof(HostControl));
  return shared;
}

Result<SharedSlots> SharedSlots::create(std::size_t slots, std::uint64_t slot_bytes) {
  const std::size_t room = whole_pages(slot_bytes);
  const std::size_t size = whole_pages(sizeof(HostControl)) + slots * room;
  Descriptor fd(::memfd_create("temper-host", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (fd.get() < 0 || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail(ErrorCode::kResourceExhausted, "cannot make {} bytes of shared memory: {}", size,
                std::strerror(errno));
  }
  TEMPER_TRY(SharedSlots shared, map(std::move(fd), size));
  shared.control_ = new (shared.base_) HostControl{};
  shared.slots_ = slots;
  shared.slot_bytes_ = room;
  shared.control_->magic = kMagic;
  shared.control_->slots = static_cast<std::uint32_t>(slots);
  shared.control_->slot_bytes = room;
  shared.control_->first_slot_offset = shared.first_slot_offset_;
  return shared;
}

Result<SharedSlots> SharedSlots::open(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || static_cast<std::size_t>(status.st_size) < sizeof(HostControl)) {
    return fail(ErrorCode::kInternal, "descriptor {} is no shared memory of a host", fd);
  }
  TEMPER_TRY(SharedSlots shared, map(Descriptor(fd), static_cast<std::size_t>(status.st_size)));
  shared.control_ = std::launder(reinterpret_cast<HostControl*>(shared.base_));
  shared.slots_ = shared.control_->slots;
  shared.slot_bytes_ = shared.control_->slot_bytes;
  if (shared.control_->magic != kMagic || shared.slots_ == 0 || shared.slots_ > kMaxSlots ||
      shared.control_->first_slot_offset != shared.first_slot_offset_ ||
      shared.slot_bytes_ != (shared.size_ - shared.first_slot_offset_) / shared.slots_) {
    return fail(ErrorCode::kInternal, "the shared memory is laid out otherwise than expected");
  }
  return shared;
}

SharedSlots::SharedSlots(SharedSlots&& other) noexcept
    : fd_(std::move(other.fd_)),
      base_(std::exchange(other.base_, nullptr)),
      size_(other.size_),
      control_(other.control_),
      slots_(other.slots_),
      slot_bytes_(other.slot_bytes_),
      first_slot_offset_(other.first_slot_offset_) {}

SharedSlots::~SharedSlots() {
  if (base_ != nullptr) ::munmap(base_, size_);
}

std::span<std::byte> SharedSlots::room(std::size_t index) const {
  return {base_ + first_slot_offset_ + index * slot_bytes_, slot_bytes_};
}

void SharedSlots::release_room(std::size_t index, std::size_t used_bytes) const {
  if (used_bytes <= kKeptBytes || slot_bytes_ <= kKeptBytes) return;
  const auto rest = room(index).subspan(kKeptBytes);
  // Best effort: were it refused, the pages would only stay until the next large run.
  ::madvise(rest.data(), rest.size(), MADV_REMOVE);
}

}  // namespace temper::runtime
