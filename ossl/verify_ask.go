package ossl

import "patina/core/pki"

// asking is a verification in Go whose steps a callback decides, which runs
// outside of it: the verification is a function of the answers so far, and is run
// again with one more whenever one has been given. The store's memory spares it
// the signatures meanwhile.
type asking struct {
	answers []bool
	told    int        // how many of them this run has used
	event   *pki.Event // what the callback is asked, nil for nothing
}

// begin makes o ask.
func (a *asking) begin(o *pki.Options) {
	a.told = 0
	o.Report = func(e pki.Event) bool {
		if a.told < len(a.answers) {
			a.told++
			return a.answers[a.told-1]
		}
		a.event = &e
		return false
	}
}

func (a *asking) asked() bool { return a.event != nil }

func (a *asking) answer(yes bool) {
	a.answers = append(a.answers, yes)
	a.event = nil
}

// code is the X509_V_ code of what is asked about.
func (a *asking) code() int32 {
	if a.event.Right {
		return X509VOK
	}
	return x509Code(a.event.Reason)
}

// AskedAbout is what VerdictAsk is about: a certificate that is right, or not, at a
// depth of the chain that FactVerifiedChain tells of.
func (s *SSL) AskedAbout() (right bool, depth int) {
	e := s.verifying.asking.event
	if e == nil {
		return false, 0
	}
	return e.Right, e.Depth
}
