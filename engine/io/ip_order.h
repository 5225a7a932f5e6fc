/// @file ip_order.h
/// Rows of a column of addresses in the order in which a database of address ranges is best asked: neighbours after
/// one another, so that they walk the same part of its tree while that is in the cache.
#ifndef LNT_IO_IP_ORDER_H
#define LNT_IO_IP_ORDER_H

#include "base/buffer.h"
#include "column/column.h"

/// A row and the leading 32 bits of its address: all of an IPv4 address, the network of an IPv6 address.
typedef struct lnt_ip_place {
    uint32_t row, lead;
} lnt_ip_place;

/// The rows of `ips` by the leading bits of their addresses, equal ones as they stand: an array of `lnt_ip_place`,
/// charged to the engine's budget and the caller's (lnt_buffer_unref). `*out` is NULL where it isn't worth it: few
/// rows, or one address for all of them. Null rows stand anywhere.
LNT_MUST_USE lnt_status lnt_ip_order(lnt_engine *engine, const lnt_column *ips, lnt_buffer **out, lnt_error *err);

#endif
