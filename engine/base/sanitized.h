/// @file sanitized.h
/// Whether the build is under the address sanitizer, which replaces the allocator and can't live in a confined process.
#ifndef LNT_BASE_SANITIZED_H
#define LNT_BASE_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
#define LNT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LNT_SANITIZED 1
#endif
#endif
#ifndef LNT_SANITIZED
#define LNT_SANITIZED 0
#endif

#endif
