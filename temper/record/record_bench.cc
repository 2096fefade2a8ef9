// What remembering costs: appends to the journal and to Redis, inserts into the embedded store, and
// an evidence record's bytes.
//
// The Redis figure needs a server: $TEMPER_REDIS_PORT names its port on 127.0.0.1; without, that
// row is not measured.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>

#include "temper/core/file.h"
#include "temper/core/rng.h"
#include "temper/record/evidence.h"
#include "temper/record/stores/sqlite/sqlite_store.h"
#include "temper/record/streams/journal/journal.h"
#include "temper/record/streams/redis/redis_streams.h"

namespace temper {
namespace {

constexpr std::size_t kRecordBytes = 1024;

std::string random_bytes_of(std::size_t size) {
  Rng rng(1);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(rng.below(256));
  return bytes;
}

/// A journal that all threads of one benchmark share; made by the first.
class SharedJournal {
 public:
  streams::Stream& stream() { return *stream_; }
  void open() {
    folder_ = std::make_unique<TemporaryFolder>(TemporaryFolder::create("temper-bench").value());
    journal_ = streams::Journal::open(folder_->path(), {}).value();
    stream_ = journal_->open("EVENTS").value();
  }
  void close() {
    journal_.reset();
    folder_.reset();
  }

 private:
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<streams::Journal> journal_;
  streams::Stream* stream_ = nullptr;
};

SharedJournal& shared_journal() {
  static auto* const journal = new SharedJournal();
  return *journal;
}

void BM_JournalDurableAppend(benchmark::State& state) {
  if (state.thread_index() == 0) shared_journal().open();
  const std::string record = random_bytes_of(kRecordBytes);
  for (auto _ : state) {
    if (!shared_journal().stream().append(record)) state.SkipWithError("append");
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) shared_journal().close();
}
BENCHMARK(BM_JournalDurableAppend)->Threads(1)->Threads(16)->UseRealTime();

/// Includes the time until all of it is on the disk.
void BM_JournalBufferedAppend(benchmark::State& state) {
  constexpr int kAppends = 20'000;
  const std::string record = random_bytes_of(kRecordBytes);
  const streams::AppendOptions options{.durability = streams::Durability::kBuffered,
                                       .wait_for_room = std::chrono::seconds(60)};
  for (auto _ : state) {
    state.PauseTiming();
    shared_journal().open();
    state.ResumeTiming();
    for (int i = 0; i < kAppends; ++i) {
      if (!shared_journal().stream().append(record, options)) state.SkipWithError("append");
    }
    if (!shared_journal().stream().flush()) state.SkipWithError("flush");
    state.PauseTiming();
    shared_journal().close();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kAppends);
}
BENCHMARK(BM_JournalBufferedAppend)->UseRealTime()->MeasureProcessCPUTime();

/// A group's whole work: read, then acknowledge, 100 at a time.
void BM_JournalConsume(benchmark::State& state) {
  constexpr int kRecords = 20'000;
  const std::string record = random_bytes_of(kRecordBytes);
  for (auto _ : state) {
    state.PauseTiming();
    shared_journal().open();
    streams::Stream& stream = shared_journal().stream();
    if (!stream.create_group("g", streams::GroupStart::kFromBeginning))
      state.SkipWithError("group");
    for (int i = 0; i < kRecords; ++i) {
      if (!stream.append(record, {.durability = streams::Durability::kBuffered,
                                  .wait_for_room = std::chrono::seconds(60)})) {
        state.SkipWithError("append");
      }
    }
    if (!stream.flush()) state.SkipWithError("flush");
    state.ResumeTiming();
    for (;;) {
      const auto got = stream.read({.group = "g", .consumer = "c", .max_entries = 100});
      if (!got || got->empty()) break;
      std::vector<streams::EntryId> ids;
      ids.reserve(got->size());
      for (const streams::Delivery& delivery : *got) ids.push_back(delivery.entry.id);
      if (!stream.acknowledge("g", ids)) state.SkipWithError("acknowledge");
    }
    state.PauseTiming();
    shared_journal().close();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(BM_JournalConsume)->UseRealTime()->Iterations(2);

void BM_RedisAppend(benchmark::State& state) {
  const char* port = std::getenv("TEMPER_REDIS_PORT");
  if (port == nullptr) {
    state.SkipWithError("TEMPER_REDIS_PORT names no server");
    return;
  }
  static streams::RedisStreams* store = nullptr;
  if (state.thread_index() == 0) {
    store = streams::RedisStreams::connect(
                {.address = {.host = "127.0.0.1", .port = std::atoi(port)}, .prefix = "bench:"})
                .value()
                .release();
  }
  const std::string record = random_bytes_of(kRecordBytes);
  for (auto _ : state) {
    if (!store->open("EVENTS").value()->append(record)) state.SkipWithError("append");
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) delete store;
}
BENCHMARK(BM_RedisAppend)->Threads(1)->Threads(16)->UseRealTime();

record::PredictionRecord prediction(std::uint64_t number, std::size_t features) {
  record::PredictionRecord record{
      .prediction_id = fmt::format("0190163d-8694-739b-aea5-{:012x}", number),
      .model = "flights",
      .version = 3,
      .tenant = "default",
      .tier = 9,
      .event_time_ns = static_cast<std::int64_t>(number),
      .arrival_ns = static_cast<std::int64_t>(number),
      .unit_id = "N14228",
      .rows = 1,
      .inputs = {},
      .outputs = {},
      .served_by = "model",
      .latency_ns = 125'000,
      .sampling_rate = 1.0};
  record.inputs.push_back({.name = "features",
                           .datatype = "FP32",
                           .shape = {1, static_cast<std::int64_t>(features)},
                           .bytes = random_bytes_of(4 * features)});
  record.outputs.push_back(
      {.name = "late", .datatype = "INT64", .shape = {1}, .bytes = std::string(8, '\0')});
  return record;
}

void BM_StoreInsert(benchmark::State& state) {
  const auto batch_size = static_cast<std::size_t>(state.range(0));
  const TemporaryFolder folder = TemporaryFolder::create("temper-bench").value();
  const auto store = stores::SqliteStore::open(folder.path() / "store.db", {}).value();
  std::uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<record::PredictionRecord> batch;
    batch.reserve(batch_size);
    for (std::size_t i = 0; i < batch_size; ++i) batch.push_back(prediction(++number, 50));
    state.ResumeTiming();
    if (!store->insert_predictions(batch)) state.SkipWithError("insert");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_StoreInsert)->Arg(1)->Arg(1000)->UseRealTime()->MeasureProcessCPUTime();

void BM_EvidenceEncode(benchmark::State& state) {
  const record::PredictionRecord record = prediction(7, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(record::encode(record));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_EvidenceEncode)->Arg(50)->Arg(1000);

void BM_EvidenceDecode(benchmark::State& state) {
  const std::string bytes =
      record::encode(prediction(7, static_cast<std::size_t>(state.range(0)))).value();
  for (auto _ : state) benchmark::DoNotOptimize(record::decode_prediction(bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_EvidenceDecode)->Arg(50)->Arg(1000);

}  // namespace
}  // namespace temper

BENCHMARK_MAIN();
