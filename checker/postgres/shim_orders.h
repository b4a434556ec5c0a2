/* The orders that a shim is given, and how a write waits for them: held, or at the gate. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum kind { OTHER = 0, WAL = 1, HEAP = 2, CLOG = 4, CONTROL = 8, REMOVAL = 16 };
enum op { WRITE = 1, SYNC = 2, TRUNCATE = 4, UNLINK = 8, RENAME = 16 };

struct orders
{
	uint64_t acknowledged[3];   /* write, flush, apply */
	uint32_t released_by;       /* which of the three opens the gate */
	uint32_t gated_kinds;
	uint32_t gate_in_recovery;
	uint32_t held_kinds;
	uint32_t held_ops;
	uint32_t first_unacknowledged_xid; /* hint bits of this and later transactions are cleared on disk; 0: none */
	uint32_t waiting;           /* processes at the gate now */
	uint32_t holding;           /* processes held now */
	uint64_t waiting_for;       /* the LSN that the last one at the gate waits for */
	char     held_role[32];     /* only this role is held; empty: any */
	char     held_path[64];     /* of relations only those are held or wait whose path has this; $: its end */
	uint32_t held[5][5];        /* processes held now, by kind and operation, each by the number of its bit */
	uint32_t passes[5];         /* how many held writes of a kind are let through all the same */
};

static volatile struct orders *orders;

static void
nap(void)
{
	struct timespec millisecond = {0, 1000000};

	nanosleep(&millisecond, NULL);
}

/* Whether orders about paths concern this one: they name a part of it, or with a $ at its end, all of it from there. */
static bool
is_meant(enum kind kind, const char *path)
{
	const char *part = (const char *) orders->held_path;
	size_t      length = strlen(part), whole = strlen(path);

	if (!length || !(kind & (HEAP | REMOVAL)))
		return true;
	if (part[length - 1] != '$')
		return strstr(path, part) != NULL;
	return whole >= length - 1 && strncmp(path + whole - (length - 1), part, length - 1) == 0;
}

static bool
must_hold(enum kind kind, enum op op, const char *path)
{
	return (orders->held_kinds & kind) && (orders->held_ops & op) &&
	       (!orders->held_role[0] || strcmp((const char *) orders->held_role, my_role()) == 0) && is_meant(kind, path);
}

static bool
gate_closed(enum kind kind, uint64_t lsn)
{
	return (orders->gated_kinds & kind) && orders->acknowledged[orders->released_by] < lsn;
}

/* Uses up one of the passes that were given for writes of a kind; false when there is none. */
static bool
has_pass(enum kind kind)
{
	volatile uint32_t *passes = &orders->passes[__builtin_ctz(kind)];
	uint32_t           left = *passes;

	while (left > 0)
		if (__atomic_compare_exchange_n(passes, &left, left - 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

/* Returns when the write is held no longer. */
static void
hold(enum kind kind, enum op op, const char *path)
{
	volatile uint32_t *held = must_hold(kind, op, path) ? &orders->held[__builtin_ctz(kind)][__builtin_ctz(op)] : NULL;

	if (held == NULL)
		return;
	__atomic_add_fetch(&orders->holding, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(held, 1, __ATOMIC_SEQ_CST);
	while (must_hold(kind, op, path) && !has_pass(kind))
		nap();
	__atomic_sub_fetch(held, 1, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&orders->holding, 1, __ATOMIC_SEQ_CST);
}

/* Returns when the gate is open for what is durable up to `lsn`. */
static void
wait_at_gate(enum kind kind, uint64_t lsn)
{
	char saved[256] = "", title[64];
	int  length = 0;

	if (get_title)
		snprintf(saved, sizeof(saved), "%s", get_title(&length));
	snprintf(title, sizeof(title), "waiting for %X/%X", (uint32_t) (lsn >> 32), (uint32_t) lsn);
	put_title(title);
	orders->waiting_for = lsn;
	__atomic_add_fetch(&orders->waiting, 1, __ATOMIC_SEQ_CST);
	while (gate_closed(kind, lsn))
		nap();
	__atomic_sub_fetch(&orders->waiting, 1, __ATOMIC_SEQ_CST);
	put_title(saved);
}

/*
 * Returns when the write may go on: not held, and past the gate, where it may have come to be held again. Signals are
 * served meanwhile, so an immediate shutdown ends the process here.
 */
static void
hold_and_gate(enum kind kind, enum op op, const char *path, uint64_t lsn)
{
	hold(kind, op, path);
	if (op == SYNC || op == RENAME || !(orders->gated_kinds & kind) || role_pid != getpid())
		return;
	/* the startup process declares recovery done a moment before its last write of the control file */
	if (!orders->gate_in_recovery && (strcmp(role, "startup") == 0 || (in_recovery && in_recovery())))
		return;
	if (!is_meant(kind, path))
		return;
	if (kind != HEAP)
		lsn = wal_position ? wal_position() : 0;
	if (!gate_closed(kind, lsn))
		return;
	wait_at_gate(kind, lsn);
	hold(kind, op, path);
}
