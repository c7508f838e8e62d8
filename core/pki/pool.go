package pki

// Pool is a set of trusted certificates. It is immutable and may be shared.
type Pool struct {
	bySubject map[string][]*Cert
	n         int
}

// NewPool makes a pool of certs, in their order; equal ones are kept once.
func NewPool(certs []*Cert) *Pool {
	p := &Pool{bySubject: make(map[string][]*Cert, len(certs))}
next:
	for _, c := range certs {
		same := p.bySubject[c.subject]
		for _, o := range same {
			if o.equal(c) {
				continue next
			}
		}
		p.bySubject[c.subject] = append(same, c)
		p.n++
	}
	return p
}

// Len is the number of certificates.
func (p *Pool) Len() int {
	if p == nil {
		return 0
	}
	return p.n
}

func (p *Pool) named(subject string) []*Cert {
	if p == nil {
		return nil
	}
	return p.bySubject[subject]
}
