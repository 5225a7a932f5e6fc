/// @file interrupt.h
/// What reading a line at a prompt has to do with Ctrl-C: there it ends the line, and nothing else.
#ifndef LNT_LUA_INTERRUPT_H
#define LNT_LUA_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

/// From here on Ctrl-C only counts; the counter that comes back is 0 until then.
const volatile sig_atomic_t *lnt_lua_enter_prompt(void);

/// Ctrl-C stops what runs again. Whether it was pressed at the prompt.
bool lnt_lua_leave_prompt(void);

/// Leaves Ctrl-C to what had it before, if this thread has it.
void lnt_lua_release_interrupt(void);

#endif
