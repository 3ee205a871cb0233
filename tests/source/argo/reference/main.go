// Answers what Go's text/template makes of templates, with the functions that Argo CD gives to ApplicationSets.
// In on standard input: {"data": …, "cases": [{"template": …, "option": …}]}; out: the same with output or error.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/gosimple/slug"
	"sigs.k8s.io/yaml"
)

type row struct {
	Template string  `json:"template"`
	Option   string  `json:"option,omitempty"`
	Output   *string `json:"output,omitempty"`
	Error    string  `json:"error,omitempty"`
}

type table struct {
	Data  any   `json:"data"`
	Cases []row `json:"cases"`
}

var notInName = regexp.MustCompile("[^-a-z0-9.]")

func normalize(name string) string {
	name = notInName.ReplaceAllString(strings.ToLower(name), "-")
	if len(name) > 253 {
		name = name[:253]
	}
	return strings.Trim(name, "-.")
}

func slugify(args ...any) string {
	slug.MaxLength, slug.EnableSmartTruncate = 50, true
	if len(args) > 1 {
		slug.MaxLength = args[0].(int)
	}
	if len(args) > 2 {
		slug.EnableSmartTruncate = args[1].(bool)
	}
	return slug.Make(normalize(args[len(args)-1].(string)))
}

func toYaml(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(text), "\n"), err
}

func fromYaml(text string) (map[string]any, error) {
	value := map[string]any{}
	err := yaml.Unmarshal([]byte(text), &value)
	return value, err
}

func fromYamlArray(text string) ([]any, error) {
	value := []any{}
	err := yaml.Unmarshal([]byte(text), &value)
	return value, err
}

func answer(r row, data any, functions template.FuncMap) row {
	r.Output, r.Error = nil, ""
	t := template.New("template").Funcs(functions)
	if r.Option != "" {
		t = t.Option("missingkey=" + r.Option)
	}
	t, err := t.Parse(r.Template)
	var out bytes.Buffer
	if err == nil {
		err = t.Execute(&out, data)
	}
	if err != nil {
		r.Error = err.Error()
	} else {
		text := out.String()
		r.Output = &text
	}
	return r
}

func main() {
	functions := sprig.GenericFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(functions, name)
	}
	functions["normalize"], functions["slugify"] = normalize, slugify
	functions["toYaml"], functions["fromYaml"], functions["fromYamlArray"] = toYaml, fromYaml, fromYamlArray
	var asked table
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	for i, r := range asked.Cases {
		asked.Cases[i] = answer(r, asked.Data, functions)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(asked); err != nil {
		panic(err)
	}
}
