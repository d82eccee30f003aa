// SPDX-License-Identifier: GPL-2.0-only
//
// What a fallible function of libpika returns: a value or an error. Exceptions
// stay inside main().
#ifndef PIKA_LIBPIKA_RESULT_HH
#define PIKA_LIBPIKA_RESULT_HH

#include <string>
#include <utility>
#include <variant>

namespace pika {

/// Why something failed.
struct Error {
  /// An errno value, positive.
  int code = 0;
  /// One line: what was wrong, where, and what to do; no trailing newline.
  std::string text;
};

/// The value of what has none to give.
struct Done {};

/// A value or the reason why there is none.
///
/// Test it with `if (result)`, then use `*result` or `result.error()`; the
/// other one of the two must not be touched.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: a value is a result
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: so is an error

  explicit operator bool() const { return std::holds_alternative<T>(state_); }

  T& operator*() { return *std::get_if<T>(&state_); }
  const T& operator*() const { return *std::get_if<T>(&state_); }
  T* operator->() { return std::get_if<T>(&state_); }
  const T* operator->() const { return std::get_if<T>(&state_); }

  const Error& error() const { return *std::get_if<Error>(&state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_RESULT_HH
