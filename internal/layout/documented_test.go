package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// selfEvident are methods whose interface says all there is to say.
var selfEvident = map[string]bool{"Error": true, "Unwrap": true, "String": true}

// TestDocumented: what the packages below core and ossl export has a comment.
func TestDocumented(t *testing.T) {
	seen := 0
	sources(t, func(path string, data []byte) {
		own := layer(path)
		if own != "core" && own != "ossl" || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		if file.Name.Name == "main" {
			return
		}
		want := func(name *ast.Ident, docs ...*ast.CommentGroup) {
			if !name.IsExported() {
				return
			}
			seen++
			for _, d := range docs {
				if d.Text() != "" {
					return
				}
			}
			t.Errorf("%s:%d: %s has no comment", path, fset.Position(name.Pos()).Line, name.Name)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if !selfEvident[d.Name.Name] && exportedReceiver(d) {
					want(d.Name, d.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						want(spec.Name, spec.Doc, d.Doc)
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							want(name, spec.Doc, spec.Comment, d.Doc)
						}
					}
				}
			}
		}
	})
	if seen < 1000 {
		t.Errorf("only %d names: the tree has another shape", seen)
	}
}

// exportedReceiver reports that a function is none of a type that cannot be named.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	if p, ok := typ.(*ast.StarExpr); ok {
		typ = p.X
	}
	if g, ok := typ.(*ast.IndexExpr); ok {
		typ = g.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}
