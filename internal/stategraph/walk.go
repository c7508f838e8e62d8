package main

import (
	"go/ast"
	"go/types"
	"strings"
)

// walk goes through what a state can do: its own methods and, from there, every
// function of the package that they call.
type walk struct {
	src    *source
	states map[string]*ast.FuncDecl
	seen   map[*ast.FuncDecl]bool
	self   string

	takes, sends, asks, next map[string]bool
}

func add(set *map[string]bool, s string) {
	if *set == nil {
		*set = map[string]bool{}
	}
	(*set)[s] = true
}

// below are the types of the record layer's side, which is the same for all states.
var below = map[string]bool{"inbound": true, "outbound": true}

func (w *walk) function(f *ast.FuncDecl) {
	if f == nil || f.Body == nil || w.seen[f] || below[receiver(f)] {
		return
	}
	w.seen[f] = true
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if id, ok := n.Type.(*ast.Ident); ok {
				w.goesTo(id.Name)
			}
		case *ast.ReturnStmt:
			w.returns(n)
		case *ast.AssignStmt:
			for _, e := range n.Rhs {
				w.message(e)
				w.question(e)
			}
		case *ast.CallExpr:
			w.call(n)
		case *ast.BinaryExpr:
			w.message(n.X)
			w.message(n.Y)
		case *ast.CaseClause:
			for _, e := range n.List {
				w.message(e)
			}
		}
		return true
	})
}

// goesTo notes that the state called name is made.
func (w *walk) goesTo(name string) {
	if w.states[name] != nil && name != w.self {
		add(&w.next, name)
	}
}

// returns looks for questions, and for states that are returned from where they
// were kept.
func (w *walk) returns(r *ast.ReturnStmt) {
	for _, e := range r.Results {
		w.question(e)
	}
	if len(r.Results) == 0 {
		return
	}
	// Only what is returned as a state: the type of the expression says so.
	if sel, ok := r.Results[0].(*ast.SelectorExpr); ok {
		t := w.src.info.Types[sel].Type
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if named, ok := t.(*types.Named); ok {
			w.goesTo(named.Obj().Name())
		}
	}
}

// question notes WaitX, returned or kept to be returned, as one that is asked.
func (w *walk) question(e ast.Expr) {
	id, ok := e.(*ast.Ident)
	if !ok {
		return
	}
	switch q, is := strings.CutPrefix(id.Name, "Wait"); q {
	case "", "None", "Read", "Write":
	default:
		if is {
			add(&w.asks, q)
		}
	}
}

func (w *walk) call(c *ast.CallExpr) {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		w.function(w.src.funcs[w.src.info.Uses[f]])
	case *ast.SelectorExpr:
		if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "wire" && strings.HasPrefix(f.Sel.Name, "Append") {
			if name := messageName(strings.TrimPrefix(f.Sel.Name, "Append"), c.Args); name != "" {
				add(&w.sends, name)
			}
			return
		}
		if f.Sel.Name == "expectCCS" {
			add(&w.takes, "change_cipher_spec")
		}
		if f.Sel.Name == "queueCCS" {
			add(&w.sends, "change_cipher_spec")
		}
		if f.Sel.Name == "expect" && len(c.Args) == 1 {
			w.message(c.Args[0])
		}
		if s := w.src.info.Selections[f]; s != nil {
			w.function(w.src.funcs[s.Obj()])
		}
	}
}

// message notes iana.TypeX, in an expectation or a comparison, as one that is
// taken.
func (w *walk) message(e ast.Expr) {
	if name := handshakeType(e); name != "" {
		add(&w.takes, name)
	}
}

// handshakeType is the X of iana.TypeX, "" for anything else.
func handshakeType(e ast.Expr) string {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if pkg, ok := sel.X.(*ast.Ident); !ok || pkg.Name != "iana" {
		return ""
	}
	name, _ := strings.CutPrefix(sel.Sel.Name, "Type")
	if name == sel.Sel.Name {
		return ""
	}
	return name
}

// messageName is that of the message which wire.AppendX makes, "" if it makes a
// part of one.
func messageName(x string, args []ast.Expr) string {
	switch x = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(x, "12"), "13"), "PSK"); x {
	case "Empty":
		return handshakeType(args[len(args)-1])
	case "CertificateEntries", "RawPublicKey":
		return "Certificate"
	case "ECDHParams", "ClientHelloInner", "ECH", "MessageHash": // the last is hashed only
		return ""
	}
	return x
}
