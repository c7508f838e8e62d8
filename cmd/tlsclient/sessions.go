package main

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"patina/core"
	"patina/core/tlsnet"
)

// The file of -cache: a line for each session, the server's name and the session in
// base64. It holds secrets, so only its owner may read it.

// maxServers is how many servers' sessions are kept.
const maxServers = 100

func loadSessions(name string) (*tlsnet.MemorySessions, error) {
	sessions := tlsnet.NewMemorySessions(maxServers)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return sessions, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		server, text, _ := strings.Cut(lines.Text(), " ")
		der, err := base64.StdEncoding.DecodeString(text)
		var s *core.Session
		if err == nil {
			s, err = core.DecodeSession(der)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: no session of this version; delete the file to start anew", name, n)
		}
		sessions.Put(server, s)
	}
	return sessions, lines.Err()
}

// saveSessions replaces the file at once, so that a run that is interrupted leaves
// the old one.
func saveSessions(name string, sessions *tlsnet.MemorySessions) error {
	var b strings.Builder
	sessions.All(func(server string, s *core.Session) {
		if data, err := s.AppendBinary(nil); err == nil { // else it is too long to keep
			fmt.Fprintln(&b, server, base64.StdEncoding.EncodeToString(data))
		}
	})
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+"-*") // readable by its owner only
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
