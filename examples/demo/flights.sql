-- The flights that left New York in 2013, in the order of their scheduled departure, with what is known at take-off
-- and whether they came late. The file's months run 1, 10, 11, 12, 2 ... 9. Flights without an arrival delay
-- (cancelled or diverted) have no label and are left out: 9,430 of 336,776.
SELECT
    time_hour + to_minutes(minute) AS event_time,  -- UTC; time_hour is the full hour
    CAST(arr_delay > 15 AS INTEGER) AS late,
    dep_delay,                                     -- minutes, known at take-off
    hour,                                          -- of the scheduled departure, local time
    isodow(make_date(year, month, day)) AS weekday,  -- 1 = Monday
    carrier,
    origin,
    dest,
    distance                                       -- miles
FROM data
WHERE arr_delay IS NOT NULL
ORDER BY event_time, carrier, flight
