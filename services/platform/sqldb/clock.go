package sqldb

// NowMS is the database's time as an SQL expression: milliseconds since 1970.
// Leases and due times go by it, because the clocks of replicas differ.
const NowMS = `(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000)`
