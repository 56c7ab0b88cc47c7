// Oracle renders templates with Go's own engine: one JSON line {"template", "data"} in, one line {"output"} or
// {"error"} out, flushed at once, in the order given. The options and the name of the template are the reference's.
// With -bench N it prints nanoseconds for a parse and for each of N renders instead.
//
// What it does not have, because sprig does not, are the reference's own functions.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

type job struct {
	Template string            `json:"template"`
	Data     map[string]string `json:"data"`
}

type outcome struct {
	Output *string `json:"output,omitempty"`
	Error  *string `json:"error,omitempty"`
	Parse  int64   `json:"parse_ns,omitempty"`
	Render int64   `json:"render_ns,omitempty"`
}

func parse(source string) (*template.Template, error) {
	functions := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(functions, name)
	}
	return template.New("tpl").Option("missingkey=error").Funcs(functions).Parse(source)
}

func run(each job) outcome {
	var out bytes.Buffer
	parsed, err := parse(each.Template)
	if err == nil {
		err = parsed.Execute(&out, each.Data)
	}
	if err != nil {
		text := err.Error()
		return outcome{Error: &text}
	}
	text := out.String()
	return outcome{Output: &text}
}

func measure(each job, times int) outcome {
	began := time.Now()
	parsed, err := parse(each.Template)
	took := time.Since(began)
	if err != nil {
		panic(err)
	}
	began = time.Now()
	for range times {
		if err := parsed.Execute(io.Discard, each.Data); err != nil {
			panic(err)
		}
	}
	return outcome{Parse: took.Nanoseconds(), Render: time.Since(began).Nanoseconds() / int64(times)}
}

func main() {
	times := flag.Int("bench", 0, "measure that many renders of each template")
	flag.Parse()
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		var each job
		if err := in.Decode(&each); err == io.EOF {
			return
		} else if err != nil {
			panic(err)
		}
		result := outcome{}
		if *times > 0 {
			result = measure(each, *times)
		} else {
			result = run(each)
		}
		if err := out.Encode(result); err != nil {
			panic(err)
		}
	}
}
