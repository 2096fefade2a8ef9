#include "temper/watch/comparison/html.h"

#include <gtest/gtest.h>

#include <limits>

#include "temper/core/rng.h"
#include "temper/watch/comparison/svg.h"

namespace temper::comparison {
namespace {

using data::Column;

data::Table table_of(std::vector<Column> columns) {
  data::Table table;
  table.columns = std::move(columns);
  return table;
}

std::size_t occurrences(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(HtmlTest, EscapesEveryNameFromTheData) {
  const std::string evil = "<script>alert('x')</script>\"&";
  const auto reference = table_of({Column::of_strings(evil, std::vector<std::string>(600, evil))});
  const auto current =
      table_of({Column::of_strings(evil, std::vector<std::string>(600, evil + "2"))});
  const auto result = compare(reference, current, {}).value();
  const std::string html = to_html(result, {.reference = evil, .current = evil});
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("alert('x')"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
}

TEST(HtmlTest, IsOneFileWithoutScriptsOrReferencesToElsewhere) {
  Rng rng(1);
  std::vector<double> values(2'000);
  for (double& value : values) value = rng.normal();
  std::vector<std::int64_t> time;
  for (std::int64_t i = 0; i < 2'000; ++i) time.push_back(i * 1'000'000'000);
  const auto table =
      table_of({Column::of_timestamps("time", time), Column::of_numbers("x", values),
                Column::of_bools("b", std::vector<std::uint8_t>(2'000, 1)),
                Column::of_numbers(
                    "none", std::vector<double>(2'000, std::numeric_limits<double>::quiet_NaN()))});
  const auto result = compare(table, table, {.columns = {}, .time = "time"}).value();
  const std::string html = to_html(result, {.reference = "a.parquet", .current = "b.parquet"});
  EXPECT_EQ(html.find("src="), std::string::npos);
  EXPECT_EQ(html.find("url("), std::string::npos);
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_EQ(occurrences(html, "<section"), 3U);
  EXPECT_EQ(occurrences(html, "<section"), occurrences(html, "</section>"));
  EXPECT_EQ(occurrences(html, "<svg"), 3U);  // trend, x, b
  EXPECT_EQ(occurrences(html, "<svg"), occurrences(html, "</svg>"));
  EXPECT_NE(html.find("No drift"), std::string::npos);
}

TEST(SvgTest, ShortensByCharactersAndReplacesControlCharacters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "abc...");
  EXPECT_EQ(shorten("\xc3\xa9\xc3\xa9\xc3\xa9", 2), "\xc3\xa9\xc3\xa9...");
  EXPECT_EQ(escape_html("a\x01<b>"), "a &lt;b&gt;");
}

TEST(SvgTest, OneHugeScoreDoesNotFlattenTheTrend) {
  const Trend trend{.columns = {"huge", "small"},
                    .blocks = {{.first_ns = 0, .last_ns = 1, .rows = 500, .scores = {20, 0.375}},
                               {.first_ns = 2, .last_ns = 3, .rows = 500, .scores = {20, 0}}}};
  const std::string svg = trend_svg(trend);
  EXPECT_NE(svg.find(">0.75+<"), std::string::npos);
  // Half of the drawn height, which is 190 from 10 on.
  EXPECT_NE(svg.find("46.0,105.0"), std::string::npos);
}

TEST(SvgTest, WritesTimesAsDates) {
  EXPECT_EQ(date_text(0), "1970-01-01");
  EXPECT_EQ(date_text(-1), "1969-12-31");
  EXPECT_EQ(value_text(86'400, SummaryKind::kDatetime), "1970-01-02");
  EXPECT_EQ(value_text(1e300, SummaryKind::kDatetime), "1e+300");
}

}  // namespace
}  // namespace temper::comparison
