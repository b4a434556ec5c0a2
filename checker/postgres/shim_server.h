/*
 * What the shim knows of the server it lives in: the role of this process, its title, the position of the log. Found by
 * name at run time, for no header of PostgreSQL is used; what a major does not have is null and done without.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static pid_t role_pid;
static char  role[32];

static uint64_t (*wal_position)(void);
static bool     (*in_recovery)(void);
static void     (*set_title)(const char *);
static void     (*set_title_with_length)(const char *, size_t);
static const char *(*get_title)(int *);

static void
look_up_server(void)
{
	wal_position = dlsym(RTLD_DEFAULT, "GetXLogWriteRecPtr");
	in_recovery = dlsym(RTLD_DEFAULT, "RecoveryInProgress");
	set_title = dlsym(RTLD_DEFAULT, "set_ps_display");
	set_title_with_length = dlsym(RTLD_DEFAULT, "set_ps_display_with_len");
	get_title = dlsym(RTLD_DEFAULT, "get_ps_display");
}

/* The first words of the process title, as `checkpointer` or `background_writer`; a session is `backend`. */
static const char *
my_role(void)
{
	static const char *const known[] = {"checkpointer", "background writer", "walwriter", "walreceiver", "walsender",
	                                    "startup", "archiver", "logger", "autovacuum launcher", "autovacuum worker"};
	char    title[256], *words;
	ssize_t length;
	int     fd;

	if (role_pid == getpid())
		return role;
	strcpy(role, "postmaster");
	if ((fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)) < 0)
		return role;
	length = read(fd, title, sizeof(title) - 1);
	close(fd);
	title[length > 0 ? length : 0] = '\0';
	if (strncmp(title, "postgres: ", 10) != 0)
		return role;            /* the title is not set yet: ask again next time */
	words = strstr(title + 10, ": ");
	words = words ? words + 2 : title + 10;
	strcpy(role, "backend");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(words, known[i], strlen(known[i])) == 0)
			strcpy(role, known[i]);
	for (char *c = role; *c; c++)
		if (*c == ' ')
			*c = '_';
	role_pid = getpid();
	return role;
}

static void
put_title(const char *title)
{
	if (set_title_with_length)
		set_title_with_length(title, strlen(title));
	else if (set_title)
		set_title(title);
}
