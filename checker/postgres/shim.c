/*
 * Stands between a PostgreSQL server and the file system (LD_PRELOAD): logs each durable write with the LSN that the
 * standby has acknowledged at that moment, holds chosen writes for ever, lets chosen writes through only when the
 * acknowledgement has reached them, and can clear hint bits that the standby cannot know. Orders come through a shared
 * mapping (struct orders, the same layout in shim.py); without one the shim does nothing. No PostgreSQL headers: what
 * it calls in the server (position of the log, process title) it looks up by name and does without where it is absent.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "shim_page.h"
#include "shim_server.h"
#include "shim_orders.h"

#define EXPORT __attribute__((visibility("default")))

static const char *const op_names[] = {[WRITE] = "write", [SYNC] = "fsync", [TRUNCATE] = "truncate",
                                       [UNLINK] = "unlink", [RENAME] = "rename"};

static int   log_fd = -1;
static char  data_directory[512];

__attribute__((constructor)) static void
attach(void)
{
	const char *mapping = getenv("FAILBACK_SHIM_ORDERS");
	const char *log = getenv("FAILBACK_SHIM_LOG");
	const char *data = getenv("FAILBACK_SHIM_DATA");
	int         fd;

	if (mapping && (fd = open(mapping, O_RDWR | O_CLOEXEC)) >= 0)
	{
		void *memory = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		orders = memory == MAP_FAILED ? NULL : memory;
		close(fd);
	}
	if (log && (fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) >= 0)
	{
		/* a high number: the server counts the low ones */
		log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 700);
		close(fd);
	}
	snprintf(data_directory, sizeof(data_directory), "%s/", data ? data : "");
	look_up_server();
}

/* What a path holds, by its place below the data directory; `path` is made relative to it. */
static enum kind
kind_of(const char **path)
{
	const char *name;
	size_t      length = strlen(data_directory);

	if (strncmp(*path, data_directory, length) == 0)
		*path += length;
	if (strncmp(*path, "./", 2) == 0)
		*path += 2;
	name = strrchr(*path, '/');
	name = name ? name + 1 : *path;
	if (strncmp(*path, "pg_wal/", 7) == 0)
		return WAL;
	if (strncmp(*path, "pg_xact/", 8) == 0)
		return CLOG;
	if (strcmp(*path, "global/pg_control") == 0)
		return CONTROL;
	if ((strncmp(*path, "base/", 5) == 0 || strncmp(*path, "global/", 7) == 0) && *name >= '0' && *name <= '9')
		return HEAP;
	return OTHER;
}

static void
record(enum kind kind, enum op op, const char *path, int64_t offset, uint64_t length, uint64_t lsn)
{
	const char     *kind_name = kind == WAL ? "wal" : kind == HEAP ? "heap" : kind == CLOG ? "clog" :
	                            kind == CONTROL ? "control" : kind == REMOVAL ? "removal" : "other";
	struct timespec now;
	char            line[768];
	int             size;

	if (log_fd < 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	size = snprintf(line, sizeof(line), "%" PRId64 " %d %s %s %s %s %" PRId64 " %" PRIu64 " %" PRIX64 " %" PRIX64 "\n",
	                (int64_t) now.tv_sec * 1000000000 + now.tv_nsec, getpid(), my_role(), op_names[op], kind_name, path,
	                offset, length, lsn, orders->acknowledged[orders->released_by]);
	if (size > 0 && (size_t) size < sizeof(line))
		syscall(SYS_write, log_fd, line, (size_t) size);
}

/* Path and kind of a file that is open; false when the shim has nothing to do with it. */
static bool
look_up(int fd, char *buffer, size_t size, const char **path, enum kind *kind)
{
	char    link[32];
	ssize_t length;

	if (!orders || fd == log_fd)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if ((length = readlink(link, buffer, size - 1)) <= 0 || buffer[0] != '/')
		return false;
	buffer[length] = '\0';
	if (strncmp(buffer, data_directory, strlen(data_directory)) != 0 || strstr(buffer, "pg_stat") != NULL)
		return false;
	*path = buffer;
	*kind = kind_of(path);
	return true;
}

/* Before a write of some pieces at `offset`: waits for the latest page among them, and logs each page. */
static void
before_write(int fd, const struct iovec *pieces, int count, int64_t offset)
{
	char        buffer[512];
	const char *path;
	enum kind   kind;
	uint64_t    latest = 0, total = 0;

	if (!look_up(fd, buffer, sizeof(buffer), &path, &kind))
		return;
	my_role();
	for (int i = 0; i < count; total += pieces[i++].iov_len)
		for (size_t at = 0; kind == HEAP && at + PAGE <= pieces[i].iov_len; at += PAGE)
			if (lsn_of_page((char *) pieces[i].iov_base + at) > latest)
				latest = lsn_of_page((char *) pieces[i].iov_base + at);
	hold_and_gate(kind, WRITE, path, latest);
	if (kind == CLOG && total == PAGE)
		latest = last_committed(pieces[0].iov_base);
	if (latest == 0 || total <= PAGE)
	{
		record(kind, WRITE, path, offset, total, latest);
		return;
	}
	for (int i = 0; i < count; i++)
		for (size_t at = 0; at + PAGE <= pieces[i].iov_len; at += PAGE, offset += PAGE)
			record(kind, WRITE, path, offset, PAGE, lsn_of_page((char *) pieces[i].iov_base + at));
}

static void
before_change(enum op op, const char *path, int64_t length)
{
	const char *relative = path;
	enum kind   kind;

	if (!orders || strstr(path, "pg_stat") || strstr(path, "pgsql_tmp") ||
	    (path[0] == '/' && strncmp(path, data_directory, strlen(data_directory)) != 0))
		return;
	my_role();
	kind = kind_of(&relative);
	if (kind == HEAP && op != RENAME)
		kind = REMOVAL;
	hold_and_gate(kind, op, relative, 0);
	record(kind, op, relative, length, 0, 0);
}

static void
before_change_of(enum op op, int fd, int64_t length)
{
	char        buffer[512];
	const char *path;
	enum kind   kind;

	if (look_up(fd, buffer, sizeof(buffer), &path, &kind))
		before_change(op, buffer, length);
}

static const void *
scrubbed(int fd, const void *data, size_t size)
{
	static char copy[PAGE];
	char        buffer[512];
	const char *path;
	enum kind   kind;

	if (!orders || !orders->first_unacknowledged_xid || size != PAGE ||
	    !look_up(fd, buffer, sizeof(buffer), &path, &kind) || kind != HEAP || strchr(path, '_'))
		return data;
	memcpy(copy, data, PAGE);
	scrub(copy, orders->first_unacknowledged_xid);
	return copy;
}

/*
 * A page of the commit log that may have to wait at the gate is copied first: a commit that stores no LSN sets its status
 * in the page while that is being written, and would pass the gate with the others.
 */
static const void *
settled(int fd, const void *data, size_t size)
{
	static char copy[PAGE];
	char        buffer[512];
	const char *path;
	enum kind   kind;

	if (!orders || !(orders->gated_kinds & CLOG) || size != PAGE ||
	    !look_up(fd, buffer, sizeof(buffer), &path, &kind) || kind != CLOG)
		return data;
	memcpy(copy, data, PAGE);
	return copy;
}

#define REAL(type, name, arguments) \
	static type (*real) arguments; \
	if (!real) real = (type (*) arguments) dlsym(RTLD_NEXT, #name)

#define PWRITE(name) \
EXPORT ssize_t name(int fd, const void *data, size_t size, off_t offset) \
{ \
	struct iovec piece; \
	REAL(ssize_t, name, (int, const void *, size_t, off_t)); \
	data = settled(fd, data, size); \
	piece = (struct iovec) {(void *) data, size}; \
	before_write(fd, &piece, 1, offset); \
	return real(fd, scrubbed(fd, data, size), size, offset); \
}

#define PWRITEV(name) \
EXPORT ssize_t name(int fd, const struct iovec *pieces, int count, off_t offset) \
{ \
	struct iovec piece; \
	REAL(ssize_t, name, (int, const struct iovec *, int, off_t)); \
	before_write(fd, pieces, count, offset); \
	if (count != 1) \
		return real(fd, pieces, count, offset); \
	piece = pieces[0]; \
	piece.iov_base = (void *) scrubbed(fd, piece.iov_base, piece.iov_len); \
	return real(fd, &piece, 1, offset); \
}

#define SYNCS(name) \
EXPORT int name(int fd) \
{ \
	char        buffer[512]; \
	const char *path; \
	enum kind   kind; \
	REAL(int, name, (int)); \
	if (look_up(fd, buffer, sizeof(buffer), &path, &kind)) \
	{ \
		my_role(); \
		hold_and_gate(kind, SYNC, path, 0); \
		record(kind, SYNC, path, 0, 0, 0); \
	} \
	return real(fd); \
}

#define FTRUNCATE(name) \
EXPORT int name(int fd, off_t length) \
{ \
	REAL(int, name, (int, off_t)); \
	before_change_of(TRUNCATE, fd, length); \
	return real(fd, length); \
}

#define BY_PATH_TRUNCATE(name) \
EXPORT int name(const char *path, off_t length) \
{ \
	REAL(int, name, (const char *, off_t)); \
	before_change(TRUNCATE, path, length); \
	return real(path, length); \
}

PWRITE(pwrite)
PWRITE(pwrite64)
PWRITEV(pwritev)
PWRITEV(pwritev64)
SYNCS(fsync)
SYNCS(fdatasync)
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)
BY_PATH_TRUNCATE(truncate)
BY_PATH_TRUNCATE(truncate64)

EXPORT ssize_t
write(int fd, const void *data, size_t size)
{
	struct iovec piece = {(void *) data, size};
	REAL(ssize_t, write, (int, const void *, size_t));
	if (fd > 2)
		before_write(fd, &piece, 1, lseek(fd, 0, SEEK_CUR));
	return real(fd, data, size);
}

EXPORT int
unlink(const char *path)
{
	REAL(int, unlink, (const char *));
	before_change(UNLINK, path, 0);
	return real(path);
}

EXPORT int
rename(const char *from, const char *to)
{
	REAL(int, rename, (const char *, const char *));
	before_change(RENAME, to, 0);
	return real(from, to);
}
