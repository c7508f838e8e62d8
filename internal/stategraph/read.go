package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// State is what the source says of one state.
type State struct {
	Name, File, Doc string
	// Takes are the messages it expects, Sends those it queues, Asks the questions it
	// asks its owner.
	Takes, Sends, Asks []string
	// Next are the states it goes over to.
	Next []string
	// Between: it stands before whichever state it holds, so that no arrows tell.
	Between bool
}

// source is the package core, parsed and, as far as its own names go, type-checked:
// what it imports is left out, which is enough to tell which of its methods a call
// means.
type source struct {
	fset  *token.FileSet
	info  *types.Info
	funcs map[types.Object]*ast.FuncDecl
	types map[string]*ast.TypeSpec
	docs  map[string]string
	files map[string]string
}

// ReadStates finds the states of the package in dir: the types with a method
// step(*Conn) (state, Wait, error).
func ReadStates(dir string) ([]State, error) {
	src, err := parse(dir)
	if err != nil {
		return nil, err
	}
	steps := map[string]*ast.FuncDecl{}
	answers := map[string][]*ast.FuncDecl{} // they return a state, too
	for _, f := range src.funcs {
		recv := receiver(f)
		switch {
		case recv == "" || recv == "Conn":
		case f.Name.Name == "step" && returnsState(f):
			steps[recv] = f
		case strings.HasPrefix(f.Name.Name, "answer") && returnsState(f):
			answers[recv] = append(answers[recv], f)
		}
	}
	if len(steps) == 0 {
		return nil, errors.New("no states in " + dir)
	}
	var all []State
	for name, step := range steps {
		s := State{Name: name, File: src.files[name], Doc: src.docs[name], Between: holdsState(src.types[name])}
		w := walk{src: src, states: steps, seen: map[*ast.FuncDecl]bool{}, self: name}
		w.function(step)
		for _, a := range answers[name] {
			w.function(a)
		}
		s.Takes, s.Sends, s.Asks, s.Next = sorted(w.takes), sorted(w.sends), sorted(w.asks), sorted(w.next)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b State) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

func parse(dir string) (*source, error) {
	src := &source{fset: token.NewFileSet(), funcs: map[types.Object]*ast.FuncDecl{}, types: map[string]*ast.TypeSpec{},
		docs: map[string]string{}, files: map[string]string{}}
	var files []*ast.File
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(src.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, fs.ErrNotExist)
	}
	src.info = &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: nothing{}, Error: func(error) {}}
	config.Check("core", src.fset, files, src.info) // errors are about what is imported
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				src.funcs[src.info.Defs[d.Name]] = d
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					t, ok := spec.(*ast.TypeSpec)
					if !ok {
						continue
					}
					src.types[t.Name.Name] = t
					src.files[t.Name.Name] = filepath.Base(src.fset.Position(t.Pos()).Filename)
					src.docs[t.Name.Name] = cmp.Or(t.Doc.Text(), d.Doc.Text())
				}
			}
		}
	}
	return src, nil
}

// nothing imports packages without content.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

// receiver is the name of a method's type, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	t := f.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// holdsState reports that a type is a struct with a field that is a state, any one.
func holdsState(t *ast.TypeSpec) bool {
	s, ok := t.Type.(*ast.StructType)
	return ok && slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		id, ok := f.Type.(*ast.Ident)
		return ok && id.Name == "state" && len(f.Names) > 0
	})
}

func returnsState(f *ast.FuncDecl) bool {
	if f.Type.Results == nil || len(f.Type.Results.List) == 0 {
		return false
	}
	id, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	return ok && id.Name == "state"
}

func sorted(set map[string]bool) []string {
	var list []string
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}
