/// @file input.h
/// Where bytes come from: a file, stdin, or memory; plain, or inside zip, gz, zst, xz, bz2, lz4, tar, 7z.
///
/// Readers open an input once and pass over it as often as they need: a plain one by reading at any place from any
/// thread, a compressed one through streams, each of which starts anew. What can be read only once (a pipe) is copied
/// into an unnamed temporary file first, so that the same holds for it; memory stays out of it.
/// An input is what was there when it was opened: bytes added later aren't read, and a file that shrinks is an error.
#ifndef LNT_IO_INPUT_H
#define LNT_IO_INPUT_H

#include "base/memory.h"
#include "lunette/type.h"

typedef struct lnt_input lnt_input;
typedef struct lnt_stream lnt_stream;

/// Opens `path` ("-" and /dev/fd/N: that descriptor, which later opens find unread again). `member` names one file of
/// an archive, NULL stands for its only one; whether it is there shows when a stream is opened.
/// Fails with LNT_IO and what to try (a missing file: the nearest name in its directory; a directory; no permission).
/// `*out` belongs to the caller (lnt_input_close).
LNT_MUST_USE lnt_status lnt_input_open(const char *path, const char *member, lnt_input **out, lnt_error *err);
/// An input over bytes that stay the caller's; `name` is for messages.
LNT_MUST_USE lnt_status lnt_input_from_memory(const char *name, const void *data, int64_t size, lnt_input **out,
                                              lnt_error *err);
void lnt_input_close(lnt_input *input); ///< NULL is fine; its streams are closed before

/// The path as it was given, "stdin" for "-", with `:member` where one was named. Borrowed.
const char *lnt_input_name(const lnt_input *input);
/// Whether the bytes on disk are the content, so that lnt_input_read_at may be used.
bool lnt_input_is_plain(const lnt_input *input);
/// Bytes on disk, as they were when it was opened.
int64_t lnt_input_size(const lnt_input *input);
/// Bytes of the file as it lies on disk (compressed, if it is), from `at` on: fills `out` unless the end comes first;
/// `*size` gets how many. Any thread. Fails with LNT_IO, also when the file has shrunk.
LNT_MUST_USE lnt_status lnt_input_read_at(const lnt_input *input, int64_t at, void *out, int64_t capacity,
                                          int64_t *size, lnt_error *err);

/// A descriptor of a regular file that holds the content, decompressed, from byte `*start` on, `*size` bytes; what
/// isn't such a file already is copied into an unnamed temporary one. The descriptor is the caller's to close.
LNT_MUST_USE lnt_status lnt_input_content(const lnt_input *input, int *fd, int64_t *start, int64_t *size,
                                          lnt_error *err);

/// Turns a compressed input into a plain one of the same name: its content in an unnamed temporary file. `*input` is
/// replaced; a plain one stays.
LNT_MUST_USE lnt_status lnt_input_unpack(lnt_input **input, lnt_error *err);

/// Begins a pass over the content, decompressed. Fails with LNT_FORMAT when the archive holds no file, several without
/// `member` saying which (they are listed), or none of that name; LNT_UNSUPPORTED without the archive module.
LNT_MUST_USE lnt_status lnt_stream_open(const lnt_input *input, lnt_stream **out, lnt_error *err);
/// The next bytes: fills `out` unless the end comes first; `*size` 0 is the end. One thread at a time.
/// Fails with LNT_FORMAT for damaged or truncated compressed data.
LNT_MUST_USE lnt_status lnt_stream_read(lnt_stream *stream, void *out, int64_t capacity, int64_t *size, lnt_error *err);
/// Bytes on disk taken so far, for progress. Any thread.
int64_t lnt_stream_position(const lnt_stream *stream);
void lnt_stream_close(lnt_stream *stream); ///< NULL is fine

#endif
