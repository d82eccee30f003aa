// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the core takes from libc. libc's own choose their instructions by the
 * CPU that they run on; these take the same ones everywhere: a word at a time,
 * then what is left.
 */

#include <stddef.h>
#include <stdint.h>

void *core_memcpy(void *to, const void *from, size_t n);
void *core_memmove(void *to, const void *from, size_t n);
void *core_memset(void *to, int byte, size_t n);
int core_memcmp(const void *a, const void *b, size_t n);

typedef uint64_t word __attribute__((may_alias, aligned(1)));

void *core_memcpy(void *to, const void *from, size_t n)
{
	const unsigned char *in = from;
	unsigned char *out = to;

	for (; n >= sizeof(word); n -= sizeof(word)) {
		*(word *)out = *(const word *)in;
		out += sizeof(word);
		in += sizeof(word);
	}
	while (n--)
		*out++ = *in++;
	return to;
}

void *core_memmove(void *to, const void *from, size_t n)
{
	const unsigned char *in = from;
	unsigned char *out = to;

	if (out <= in || out >= in + n)
		return core_memcpy(to, from, n);
	while (n--)
		out[n] = in[n];
	return to;
}

void *core_memset(void *to, int byte, size_t n)
{
	const word pattern = (unsigned char)byte * 0x0101010101010101ull;
	unsigned char *out = to;

	for (; n >= sizeof(word); n -= sizeof(word)) {
		*(word *)out = pattern;
		out += sizeof(word);
	}
	while (n--)
		*out++ = byte;
	return to;
}

int core_memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}
