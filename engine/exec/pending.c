#include "exec/stream.h"
#define S(n) lnt_status n(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) { (void)plan,(void)out; lnt__stream_close(input,false); return lnt_error_set(err, LNT_UNSUPPORTED, "not built yet"); }
S(lnt__open_distinct) S(lnt__open_sort) S(lnt__open_top)
lnt_status lnt__open_join(const lnt_plan *plan, lnt_stream *left, lnt_stream *right, lnt_stream **out, lnt_error *err) { lnt__stream_close(right,false); return lnt__open_sort(plan,left,out,err);}
