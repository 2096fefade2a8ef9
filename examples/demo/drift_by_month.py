"""drift_by_month.py < `temper alarm list --output json`: which month drifted, by what, first noticed when (event time)."""

import collections
import datetime
import json
import sys


def main():
    months = collections.defaultdict(list)
    for event in json.load(sys.stdin):
        time = datetime.datetime.fromtimestamp(event["event_time_ns"] / 1e9, datetime.timezone.utc)
        months[time.strftime("%Y-%m")].append((time, event))
    print(f"{'month':8} {'checks that found drift':>23} {'alarms between':>15}  {'first noticed (UTC)':20} what moved most")
    for month, events in sorted(months.items()):
        moved = collections.Counter()
        for _, event in events:
            evidence = event["evidence"]
            names = [evidence["feature"]] if "feature" in evidence else [
                feature["name"] for feature in evidence["features"] if feature["drift"]]
            moved.update(names)
        checks = sum(event["evidence"]["type"] == "check" for _, event in events)
        first = min(time for time, _ in events)
        print(f"{month:8} {checks:>23} {len(events) - checks:>15}  {first:%Y-%m-%d %H:%M}     "
              + ", ".join(name for name, _ in moved.most_common(4)))


main()
