// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://csrc.nist.gov/pubs/fips/180-4/upd1/final. The constants of the 32-bit functions are the
// upper halves of those of the 64-bit ones (SHA-224 begins with the lower halves of SHA-384's).

#include "sql/sha2.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdint>

namespace foz::sql {

namespace {

constexpr uint64_t kRound[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};
constexpr std::array<uint64_t, 8> kStart512 = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
constexpr std::array<uint64_t, 8> kStart384 = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};

template <class Word>
struct Shape;
template <>
struct Shape<uint32_t> {
  static constexpr int kRounds = 64, kSum0[3] = {2, 13, 22}, kSum1[3] = {6, 11, 25},
                       kMix0[3] = {7, 18, 3}, kMix1[3] = {17, 19, 10};
};
template <>
struct Shape<uint64_t> {
  static constexpr int kRounds = 80, kSum0[3] = {28, 34, 39}, kSum1[3] = {14, 18, 41},
                       kMix0[3] = {1, 8, 7}, kMix1[3] = {19, 61, 6};
};

template <class Word>
Word sum(Word x, const int (&by)[3]) {
  return std::rotr(x, by[0]) ^ std::rotr(x, by[1]) ^ std::rotr(x, by[2]);
}
template <class Word>
Word mix(Word x, const int (&by)[3]) {
  return std::rotr(x, by[0]) ^ std::rotr(x, by[1]) ^ (x >> by[2]);
}

template <class Word>
void absorb(std::array<Word, 8>& state, const char* block) {
  using S = Shape<Word>;
  Word w[S::kRounds];
  for (int i = 0; i < 16; i++) {
    w[i] = 0;
    for (size_t b = 0; b < sizeof(Word); b++) {
      w[i] = static_cast<Word>(
          w[i] << 8 | static_cast<unsigned char>(block[static_cast<size_t>(i) * sizeof(Word) + b]));
    }
  }
  for (int i = 16; i < S::kRounds; i++)
    w[i] = mix(w[i - 2], S::kMix1) + w[i - 7] + mix(w[i - 15], S::kMix0) + w[i - 16];
  auto [a, b, c, d, e, f, g, h] = state;
  for (int i = 0; i < S::kRounds; i++) {
    const auto constant = static_cast<Word>(kRound[i] >> (64 - 8 * sizeof(Word)));
    const Word t1 = h + sum(e, S::kSum1) + ((e & f) ^ (~e & g)) + constant + w[i];
    const Word t2 = sum(a, S::kSum0) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const std::array<Word, 8> add{a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; i++) state[i] += add[i];
}

template <class Word>
std::string digest(std::string_view bytes, std::array<Word, 8> state, size_t bits) {
  constexpr size_t kBlock = 16 * sizeof(Word), kLength = 2 * sizeof(Word);
  size_t at = 0;
  for (; bytes.size() - at >= kBlock; at += kBlock) absorb(state, bytes.data() + at);
  std::string last(bytes.substr(at));
  last += '\x80';
  while (last.size() % kBlock != kBlock - kLength) last += '\0';
  last.append(kLength - 8, '\0');
  for (int i = 7; i >= 0; i--)
    last += static_cast<char>(static_cast<uint64_t>(bytes.size()) * 8 >> (8 * i));
  for (at = 0; at < last.size(); at += kBlock) absorb(state, last.data() + at);
  std::string hex;
  for (Word word : state) hex += fmt::format("{:0{}x}", word, 2 * sizeof(Word));
  hex.resize(bits / 4);
  return hex;
}

std::array<uint32_t, 8> halves(const std::array<uint64_t, 8>& words, int shift) {
  std::array<uint32_t, 8> out{};
  for (size_t i = 0; i < 8; i++) out[i] = static_cast<uint32_t>(words[i] >> shift);
  return out;
}

}  // namespace

std::string sha2_hex(std::string_view bytes, int bits) {
  switch (bits) {
    case 224: return digest<uint32_t>(bytes, halves(kStart384, 0), 224);
    case 256: return digest<uint32_t>(bytes, halves(kStart512, 32), 256);
    case 384: return digest<uint64_t>(bytes, kStart384, 384);
    default: return digest<uint64_t>(bytes, kStart512, 512);
  }
}

}  // namespace foz::sql
