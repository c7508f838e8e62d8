/*
 * Copyright 2026 The Patina Authors.
 * Licensed under Apache-2.0 OR ISC OR MIT, at your choice; see the LICENSE files.
 */

/*
 * <openssl/ssl2.h>: what is left of SSL 2.0.
 */
#ifndef OPENSSL_SSL2_H
#define OPENSSL_SSL2_H
#pragma once

#include <openssl/macros.h>

#ifndef OPENSSL_NO_DEPRECATED_3_0
#define HEADER_SSL2_H
#endif

#define SSL2_VERSION         0x0002
#define SSL2_MT_CLIENT_HELLO 1

#endif /* OPENSSL_SSL2_H */
