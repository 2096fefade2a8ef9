#include "temper/model/reference/reference.h"

#include <gtest/gtest.h>

#include "temper/core/digest.h"
#include "temper/core/file.h"
#include "temper/core/rng.h"
#include "temper/model/reference/build.h"

namespace temper {
namespace {

using data::Column;

data::Table random_table(Rng& rng, std::size_t rows) {
  std::vector<double> x(rows);
  std::vector<std::string> c(rows);
  std::vector<std::int64_t> time(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    x[row] = rng.normal();
    c[row] = std::string(1, static_cast<char>('a' + rng.below(4)));
    time[row] = static_cast<std::int64_t>(rng.below(1'000'000)) * 1'000'000'000;
  }
  data::Table table;
  table.columns = {Column::of_timestamps("time", std::move(time)),
                   Column::of_numbers("x", std::move(x)), Column::of_strings("c", std::move(c))};
  for (std::size_t row = 0; row < rows; row += 7) table.columns[1].present[row] = 0;
  return table;
}

Reference built(Rng& rng, std::size_t rows) {
  return build_reference(random_table(rng, rows), {.time = "time", .exclude = {}, .seed = rng()})
      .value();
}

/// The bytes with their checksum made right again, so that the parser behind it is reached.
std::string resealed(std::string bytes) {
  bytes.resize(bytes.size() - 64);
  return bytes + sha256_hex(bytes);
}

TEST(ReferenceTest, SurvivesItsBytesWithAllOptionalParts) {
  Rng rng(1);
  Reference reference = built(rng, 3'000);
  reference.held_out = HeldOut{.rows = 600, .outputs = {reference.features[0]}, .accuracy = 0.708};
  const auto parsed = parse_reference(serialise_reference(reference));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, reference);
}

TEST(ReferenceTest, CutOrChangedBytesAreRefused) {
  Rng rng(2);
  const std::string bytes = serialise_reference(built(rng, 500));
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    EXPECT_FALSE(parse_reference(std::string_view(bytes).substr(0, size))) << size;
  }
  std::string changed = bytes;
  changed[bytes.size() / 2] ^= 1;
  EXPECT_NE(parse_reference(changed).error().message.find("changed"), std::string::npos);
  EXPECT_FALSE(parse_reference(bytes + "x"));
  EXPECT_EQ(parse_reference("a,b\n1,2\n").error().code, ErrorCode::kInvalidArgument);
}

TEST(ReferenceTest, AnotherFormatIsNamed) {
  Rng rng(3);
  std::string bytes = serialise_reference(built(rng, 50));
  bytes[7] = 9;
  EXPECT_NE(parse_reference(resealed(bytes)).error().message.find("format 9"), std::string::npos);
}

TEST(ReferencePropertyTest, HostileBytesWithARightChecksumAreRefusedOrSound) {
  Rng rng(4);
  const std::string bytes = serialise_reference(built(rng, 800));
  for (int round = 0; round < 4'000; ++round) {
    std::string changed = bytes;
    for (std::uint64_t i = 0; i <= rng.below(4); ++i) {
      changed[8 + rng.below(changed.size() - 72)] = static_cast<char>(rng.below(256));
    }
    const auto parsed = parse_reference(resealed(changed));
    if (!parsed) continue;
    for (const ColumnSummary& feature : parsed->features) {
      ASSERT_EQ(feature.rows, parsed->rows) << "round " << round;
      ASSERT_LE(feature.missing, feature.rows) << "round " << round;
    }
    Reference merged = *parsed;
    ASSERT_TRUE(merged.merge(*parsed)) << "round " << round;
  }
}

TEST(ReferencePropertyTest, AMergeCountsEveryRowOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    Reference merged = built(rng, 200 + rng.below(800));
    const Reference added = built(rng, 200 + rng.below(800));
    const std::uint64_t rows = merged.rows + added.rows;
    ASSERT_TRUE(merged.merge(added)) << "seed " << seed;
    ASSERT_EQ(merged.rows, rows);
    ASSERT_EQ(merged.feature("x")->sketch.count() + merged.feature("x")->missing, rows);
    ASSERT_EQ(parse_reference(serialise_reference(merged)).value(), merged) << "seed " << seed;
  }
}

TEST(ReferenceTest, AMergeOfPartsWithTheSameBinsKeepsStrata) {
  Rng rng(5);
  const Reference part = built(rng, 1'000);
  Reference merged = part;
  ASSERT_TRUE(merged.merge(part));
  ASSERT_TRUE(merged.feature("x")->strata);
  EXPECT_EQ(merged.feature("x")->strata->by_hour[3][2],
            2 * part.feature("x")->strata->by_hour[3][2]);
}

TEST(ReferenceTest, DifferentTablesDoNotMergeAndChangeNothing) {
  Rng rng(6);
  Reference reference = built(rng, 100);
  const Reference before = reference;
  Reference other = built(rng, 100);
  other.features[1].name = "d";
  EXPECT_FALSE(reference.merge(other));
  EXPECT_EQ(reference, before);
  other = before;
  other.clock.reset();
  EXPECT_FALSE(reference.merge(other));
}

TEST(ReferenceTest, AFileOfTheFirstFormatStaysReadable) {
  // 3,000 rows: x = row mod 1,000, missing in every 50th row; c = a, a, b in turn; an hour a row.
  const auto reference = read_reference("tests/golden/reference/v1.reference");
  ASSERT_TRUE(reference) << reference.error().message;
  EXPECT_EQ(reference->rows, 3'000U);
  EXPECT_EQ(reference->clock->column, "time");
  const ColumnSummary& x = *reference->feature("x");
  EXPECT_EQ(x.missing, 60U);
  EXPECT_EQ(x.moments.max, 999);
  EXPECT_EQ(x.sketch.count(), 2'940U);
  EXPECT_NEAR(x.sketch.quantile(0.5), 500, 1'000 * x.sketch.uniform_rank_error());
  EXPECT_EQ(reference->feature("c")->categories.at("a"), 2'000U);
  EXPECT_EQ(reference->feature("c")->strata->by_hour[0], (std::vector<std::uint64_t>{125, 0, 0}));
}

TEST(ReferenceTest, LiesInAFile) {
  Rng rng(7);
  const auto folder = TemporaryFolder::create("reference").value();
  const Reference reference = built(rng, 100);
  ASSERT_TRUE(write_reference(reference, folder.path() / "r"));
  EXPECT_EQ(read_reference(folder.path() / "r").value(), reference);
  EXPECT_EQ(read_reference(folder.path() / "none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace temper
