/*
 * server/conversation/scripts.c: the room's Lua scripts, as they are sent to Redis.
 *
 * The two attach scripts change something and then answer what look.lua answers: their text is their own file and
 * that of look.lua behind it, so that the reply has one shape and one reader (facts_read).
 */
#include <string.h>

#include "attach_child.lua.h"
#include "attach_staff.lua.h"
#include "away.lua.h"
#include "bind.lua.h"
#include "conversation_private.h"
#include "create.lua.h"
#include "detach.lua.h"
#include "end.lua.h"
#include "forget.lua.h"
#include "got.lua.h"
#include "had.lua.h"
#include "key.lua.h"
#include "look.lua.h"
#include "pair.lua.h"
#include "purge.lua.h"
#include "say.lua.h"
#include "typing.lua.h"
#include "unbind.lua.h"

static char child_text[sizeof attach_child_lua + sizeof look_lua];
static char staff_text[sizeof attach_staff_lua + sizeof look_lua];

#define SCRIPT(which, file) [CONV_##which] = {.name = "conversation." #file, .text = file##_lua},
static struct bi_script scripts[CONV_SCRIPTS] = {CONV_SCRIPT_MAP(SCRIPT)};
#undef SCRIPT

static const char *join(char *out, const char *head, size_t head_size)
{
	memcpy(out, head, head_size - 1);
	memcpy(out + head_size - 1, look_lua, sizeof look_lua);
	return out;
}

enum bi_err scripts_add(struct bi_redis *redis)
{
	scripts[CONV_ATTACH_CHILD].text = join(child_text, attach_child_lua, sizeof attach_child_lua);
	scripts[CONV_ATTACH_STAFF].text = join(staff_text, attach_staff_lua, sizeof attach_staff_lua);
	for (size_t i = 0; i < CONV_SCRIPTS; i++) {
		enum bi_err err = bi_redis_add_script(redis, &scripts[i]);
		if (err != BI_ERR_OK)
			return err;
	}
	return BI_ERR_OK;
}

const struct bi_script *script_of(enum conv_script script)
{
	return &scripts[script];
}
