package nginxtest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"patina/nginx-test/harness"
)

// helpOption is a line of -help that tells of an option.
var helpOption = regexp.MustCompile(`(?m)^ -(\S+) `)

// apart are the options that no row has, command by command, and why.
var apart = map[string]map[string]string{
	"s_client": {
		"-help": aboutItself, "-host": anAddress, "-port": anAddress, "-6": anAddress, "-unix": anAddress, "-proxy": aProxy, "-proxy_user": aProxy, "-proxy_pass": aProxy,
		"-dane_tlsa_domain": danesTest, "-dane_tlsa_rrdata": danesTest, "-dane_ee_no_namechecks": danesTest,
	},
	"s_server": {
		"-help": aboutItself, "-port": anAddress, "-6": anAddress, "-unix": anAddress, "-unlink": anAddress,
		"-nbio_test": "with OpenSSL's library too it forgets, now and then, to read again what it was told to try again, and waits for ever",
	},
	"s_time":  {"-help": aboutItself},
	"ciphers": {"-help": aboutItself},
	"sess_id": {"-help": aboutItself},
}

const (
	aboutItself = "it lists the options, for this test"
	anAddress   = "an address of another form; what is spoken there is the same"
	aProxy      = "the command speaks HTTP to the proxy before TLS begins"
	danesTest   = "TestOpenSSLDANE"
)

// optionsUsed are the words of all rows that begin with -, command by command.
func optionsUsed() map[string][]string {
	used := map[string][]string{"s_server": {"-accept", "-naccept", "-cert", "-key", "-cert_chain"}, "s_client": {"-connect"}, "s_time": {"-connect", "-time"}}
	add := func(command, options string) {
		for w := range strings.FieldsSeq(options) {
			if strings.HasPrefix(w, "-") && !slices.Contains(used[command], w) {
				used[command] = append(used[command], w)
			}
		}
	}
	for _, c := range slices.Concat(conversations, rare) {
		add("s_server", c.server)
		for _, r := range c.runs {
			add("s_client", r.options)
		}
	}
	for _, c := range cipherCommands {
		add("ciphers", c)
	}
	for _, c := range sessionCommands {
		add("sess_id", c)
	}
	for _, c := range timeCommands {
		add("s_time", c)
	}
	return used
}

// TestOpenSSLOptions: every option that the commands list with -help has a row or stands apart with a reason.
func TestOpenSSLOptions(t *testing.T) {
	used := optionsUsed()
	for _, command := range []string{"s_client", "s_server", "s_time", "ciphers", "sess_id"} {
		res, err := harness.System().Run(clientLimit, nil, "openssl", command, "-help")
		if err != nil {
			t.Fatal(err)
		}
		var options []string
		for _, m := range helpOption.FindAllStringSubmatch(res.Stdout+res.Stderr, -1) {
			options = append(options, "-"+m[1])
		}
		if len(options) < 9 {
			t.Fatalf("%s -help tells of %d options: %s%s", command, len(options), res.Stdout, res.Stderr)
		}
		for _, o := range options {
			reason, isApart := apart[command][o]
			switch has := slices.Contains(used[command], o); {
			case has && isApart:
				t.Errorf("%s %s has a row; it stands apart no more", command, o)
			case !has && reason == "":
				t.Errorf("%s %s has neither a row nor a reason", command, o)
			}
		}
		for o := range apart[command] {
			if !slices.Contains(options, o) {
				t.Errorf("%s -help does not list %s", command, o)
			}
		}
	}
}
