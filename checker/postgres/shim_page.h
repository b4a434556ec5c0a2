/* What the shim knows of pages: the LSN and the hint bits of a heap's, the statuses of the commit log's. */
#include <stdint.h>
#include <string.h>

#define PAGE 8192

static uint64_t
lsn_of_page(const char *page)
{
	uint32_t high, low;

	memcpy(&high, page, 4);
	memcpy(&low, page + 4, 4);
	return (uint64_t) high << 32 | low;
}

/* The number in a page of the commit log of its last committed transaction, counted from 1; 0: there is none. */
static uint64_t
last_committed(const char *page)
{
	for (int at = PAGE - 1; at >= 0; at--)
		for (int in_byte = 3; page[at] && in_byte >= 0; in_byte--)
			if ((page[at] >> in_byte * 2 & 3) == 1)
				return (uint64_t) at * 4 + in_byte + 1;
	return 0;
}

/* Clears "committed" hints of transactions that the standby may not know to be committed; frozen tuples stay. */
static void
scrub(char *page, uint32_t first)
{
	uint16_t lower, special;

	memcpy(&lower, page + 12, 2);
	memcpy(&special, page + 16, 2);
	if (special != PAGE || lower < 24 || lower > PAGE)
		return;                 /* not a page of a heap */
	for (int pointer = 24; pointer + 4 <= lower; pointer += 4)
	{
		uint32_t item, xmin, xmax;
		uint16_t mask;
		char    *tuple;

		memcpy(&item, page + pointer, 4);
		if ((item >> 15 & 3) != 1 || (item & 0x7FFF) > PAGE - 24)
			continue;
		tuple = page + (item & 0x7FFF);
		memcpy(&xmin, tuple, 4);
		memcpy(&xmax, tuple + 4, 4);
		memcpy(&mask, tuple + 20, 2);
		if ((mask & 0x0300) == 0x0100 && (int32_t) (xmin - first) >= 0)
			mask &= ~0x0100;
		if ((mask & 0x1400) == 0x0400 && (int32_t) (xmax - first) >= 0)
			mask &= ~0x0400;
		memcpy(tuple + 20, &mask, 2);
	}
}
