# Patina: the targets people use. `make help` lists them.
#
# Every target that a user may call carries a description after "##"; help is made from them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help lib install clean figures soak

GO ?= go
BUILD := build
# Where `make install` puts the library, below DESTDIR: /usr/lib/x86_64-linux-gnu/patina on Debian.
LIBDIR ?= /usr/lib/$(shell $(CC) -print-multiarch 2>/dev/null)/patina
# How long `make soak` runs each of its two tests, and `make fuzz` each target.
SOAK ?= 60s
FUZZ ?= 30s

help: ## list the targets
	@awk -F':.*## ' '/^[a-zA-Z0-9_-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# mklib is quick when nothing changed, so there are no prerequisites to keep in step with the Go sources.
lib: ## build build/libssl.so.3
	@$(GO) run -trimpath ./guest/mklib -main ./cmd/libssl -o $(BUILD)/libssl.so.3 -work $(BUILD)/work/libssl $(if $(wildcard ossl/capi/libssl.map),-map ossl/capi/libssl.map)

install: lib ## install the library under DESTDIR, in a directory of its own (LIBDIR)
	install -d $(DESTDIR)$(LIBDIR)
	install -m 0644 $(BUILD)/libssl.so.3 $(DESTDIR)$(LIBDIR)/libssl.so.3

clean: ## remove what was built
	rm -rf $(BUILD)

figures: lib ## what the library costs the program that loads it: load, first use, threads, memory, forks
	@$(GO) run -trimpath ./guest/figures -lib $(BUILD)/libssl.so.3

soak: ## fork and signal tests for SOAK (60s) each, e.g. make soak SOAK=10m
	PATINA_SOAK=$(SOAK) $(GO) test -trimpath -count=1 -timeout 24h -v -run 'Fork|Signals|TwoRuntimes' ./guest/

.PHONY: fuzz
fuzz: ## the fuzz targets of core and ossl for FUZZ (30s) each, e.g. make fuzz FUZZ=10m ONLY=ClientHello
	@GO=$(GO) FUZZ=$(FUZZ) .ci/fuzz $(ONLY)

.PHONY: deps run test bench

deps: ## install the Debian packages that building and testing need, where they are missing
	@.ci/deps

run: deps lib ## build, then watch unmodified nginx and curl speak TLS through build/libssl.so.3
	@$(GO) run -trimpath ./nginx-test/demo

test: deps ## every suite: the engine, the semantics, the membrane, both libraries side by side, nginx
	@GO=$(GO) .ci/test

bench: deps lib ## our library beside the system's, and nginx on both (QUICK=1: a short look)
	@$(GO) run -trimpath ./bench $(if $(QUICK),-quick)

.PHONY: race
race: ## data races: the Go packages under -race, the C files under ThreadSanitizer in programs with threads
	CGO_ENABLED=1 $(GO) test -race -skip "Alloc" -timeout 60m ./ossl ./core/... # allocations are counted without -race
	for topic in threads threads_verify threads_callbacks; do \
		$(GO) test -trimpath -count=1 -timeout 20m ./compat-tests -run Topics -tool tsan -topic $$topic || exit 1; done

.PHONY: memcheck
memcheck: ## the C files: all topics under memcheck and the address sanitizer, and which topic enters which file
	$(GO) test -trimpath -count=1 -timeout 3h ./compat-tests -run Topics -tool asan
	$(GO) test -trimpath -count=1 -timeout 3h ./compat-tests -run Topics -tool valgrind
	$(GO) test -trimpath -v -count=1 -timeout 1h ./compat-tests -run CFiles -tool functions

.PHONY: bench-core
bench-core: ## the engine beside crypto/tls (QUICK=1: a short look; BENCH=FILE: for benchstat; DOC=1: into docs/performance.md)
	@$(GO) run -trimpath ./bench/engine $(if $(QUICK),-quick) $(if $(BENCH),-bench $(BENCH)) $(if $(DOC),-doc docs/performance.md)
