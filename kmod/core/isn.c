// SPDX-License-Identifier: GPL-2.0-only
/*
 * SipHash, and what is keyed with it. Pure functions, on any thread.
 */

#include "isn.h"
#include "flow.h"

struct sip {
	u64 v0;
	u64 v1;
	u64 v2;
	u64 v3;
};

static inline u64 rotate(u64 word, u32 bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void sip_start(struct sip *s, const struct pika_secret *secret)
{
	/* "somepseudorandomlygeneratedbytes" */
	s->v0 = secret->k[0] ^ 0x736f6d6570736575ULL;
	s->v1 = secret->k[1] ^ 0x646f72616e646f6dULL;
	s->v2 = secret->k[0] ^ 0x6c7967656e657261ULL;
	s->v3 = secret->k[1] ^ 0x7465646279746573ULL;
}

static __always_inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

/* @n is a constant up to 4; a loop would stay one. */
static __always_inline void sip_rounds(struct sip *s, u32 n)
{
	sip_round(s);
	if (n > 1)
		sip_round(s);
	if (n > 2)
		sip_round(s);
	if (n > 3)
		sip_round(s);
}

static __always_inline void sip_word(struct sip *s, u32 rounds, u64 word)
{
	s->v3 ^= word;
	sip_rounds(s, rounds);
	s->v0 ^= word;
}

static __always_inline u64 sip_end(struct sip *s, u32 rounds)
{
	s->v2 ^= 0xff;
	sip_rounds(s, rounds);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* @len bytes, at most 8, as a little-endian number. */
static inline u64 read_le(const u8 *bytes, size_t len)
{
	u64 word = 0;
	size_t i;

	for (i = 0; i < len; i++)
		word |= (u64)bytes[i] << (8 * i);
	return word;
}

/* Written out, so that the compiler makes one load of it. */
static inline u64 read_le64(const u8 *b)
{
	return (u64)b[0] | (u64)b[1] << 8 | (u64)b[2] << 16 | (u64)b[3] << 24 |
	       (u64)b[4] << 32 | (u64)b[5] << 40 | (u64)b[6] << 48 |
	       (u64)b[7] << 56;
}

static inline u32 read_le32(const u8 *b)
{
	return (u32)b[0] | (u32)b[1] << 8 | (u32)b[2] << 16 | (u32)b[3] << 24;
}

/**
 * pika_siphash() - SipHash-2-4
 * @secret: the key
 * @data: at any alignment
 * @len: bytes of @data
 *
 * Return: the 64-bit tag.
 */
u64 pika_siphash(const struct pika_secret *secret, const void *data,
		 size_t len)
{
	const u8 *bytes = data;
	u64 last = (u64)len << 56;
	struct sip s;

	sip_start(&s, secret);
	for (; len >= 8; len -= 8, bytes += 8)
		sip_word(&s, 2, read_le64(bytes));
	sip_word(&s, 2, last | read_le(bytes, len));
	return sip_end(&s, 4);
}

/* The last word of a message: its length, after what is left of it. */
static inline u64 ports_word(const struct pika_flow_key *key, u64 len)
{
	return (u64)key->remote_port << 16 | key->local_port | len << 56;
}

/*
 * The addresses, of IPv4 the 8 bytes that are not the same in all of them: what
 * both numbers begin with. SipHash-1-3.
 */
static inline void sip_addresses(struct sip *s,
				 const struct pika_secret *secret,
				 const struct pika_flow_key *key, bool is_v4)
{
	const u8 *local = key->local.b, *remote = key->remote.b;

	sip_start(s, secret);
	if (likely(is_v4)) {
		sip_word(s, 1, read_le32(local + 12) |
			       (u64)read_le32(remote + 12) << 32);
		return;
	}
	sip_word(s, 1, read_le64(local));
	sip_word(s, 1, read_le64(local + 8));
	sip_word(s, 1, read_le64(remote));
	sip_word(s, 1, read_le64(remote + 8));
}

/**
 * pika_isn() - the numbers with which a connection begins
 * @secret: drawn once for the host, used for nothing else
 * @key: the connection
 * @now_ns: monotonic clock
 * @offset: set to what is to be added to the clock of its timestamps
 *
 * The initial sequence number is M + F(key), RFC 6528 3. M is a clock of about
 * 4 microseconds (RFC 9293 3.4.1; 4.096, to spare the division), so that the
 * numbers of a later incarnation of the same connection lie ahead. F, SipHash
 * of the key, hides from everyone else where they are.
 *
 * @offset is SipHash of the addresses alone: the same for all connections of
 * two hosts, so that the timestamps of an older one are older; they tell
 * nothing of this host's clock (RFC 7323 7.1).
 *
 * Both are SipHash-1-3 (Aumasson and Bernstein), and their lengths keep the two
 * messages apart. One secret and one beginning serve both.
 *
 * Return: the number.
 */
u32 pika_isn(const struct pika_secret *secret, const struct pika_flow_key *key,
	     u64 now_ns, u32 *offset)
{
	bool is_v4 = pika_addr_is_v4(&key->local);
	struct sip s, addresses;

	sip_addresses(&s, secret, key, is_v4);
	addresses = s;
	sip_word(&addresses, 1, (is_v4 ? 8ULL : 32ULL) << 56);
	*offset = sip_end(&addresses, 3);
	sip_word(&s, 1, ports_word(key, is_v4 ? 12 : sizeof(*key)));
	return (u32)(now_ns >> 12) + (u32)sip_end(&s, 3);
}
