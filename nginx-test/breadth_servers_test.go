package nginxtest

// variables is a page with everything that nginx's ssl module tells of a connection, a line each. What differs between
// two connections to one server (the session's ID) is left out, what differs by the minute too.
const variables = `
        location = /variables {
            default_type text/plain;
            return 200 "protocol $ssl_protocol\ncipher $ssl_cipher\nciphers $ssl_ciphers\ncurve $ssl_curve\ncurves $ssl_curves\nreused $ssl_session_reused\nsni $ssl_server_name\nearly $ssl_early_data\nverify $ssl_client_verify\nsubject $ssl_client_s_dn\nissuer $ssl_client_i_dn\nsubject_legacy $ssl_client_s_dn_legacy\nissuer_legacy $ssl_client_i_dn_legacy\nserial $ssl_client_serial\nfingerprint $ssl_client_fingerprint\nfrom $ssl_client_v_start\nuntil $ssl_client_v_end\nremain $ssl_client_v_remain\nescaped $ssl_client_escaped_cert\n";
        }
`

// certificate is what the servers of this file have in common.
const certificate = `
        ssl_protocols TLSv1.2 TLSv1.3;
        server_name a.test;
        ssl_certificate {{$.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{$.PKI}}/a-ecdsa.key;
`

// verifying: one port per way of looking at a client's certificate.
const verifying = `
    {{range $depth := .Depths}}
    server {
        listen 127.0.0.1:{{port (print "depth" $depth)}} ssl;` + certificate + `
        ssl_verify_client optional;
        ssl_client_certificate {{$.PKI}}/ca.pem;
        ssl_verify_depth {{$depth}};` + variables + `
    }
    {{end}}
    server {
        listen 127.0.0.1:{{port "crl"}} ssl;` + certificate + `
        ssl_verify_client optional;
        ssl_client_certificate {{.PKI}}/ca.pem;
        ssl_verify_depth 3;
        ssl_crl {{.PKI}}/crl.pem;` + variables + `
    }
    server {
        listen 127.0.0.1:{{port "trusted"}} ssl;` + certificate + `
        ssl_verify_client optional;
        ssl_trusted_certificate {{.PKI}}/ca.pem;
        ssl_client_certificate {{.PKI}}/inter.pem;
        ssl_verify_depth 3;` + variables + `
    }
    server {
        listen 127.0.0.1:{{port "noca"}} ssl;` + certificate + `
        ssl_verify_client optional_no_ca;` + variables + `
    }
`

// keyed: a ticket key from a file, and a cache in shared memory.
const keyed = `
    server {
        listen 127.0.0.1:{{port "main"}} ssl reuseport;` + certificate + `
        ssl_session_ticket_key {{.Dir}}/ticket.key;
        ssl_session_tickets on;` + info + `
        location = /slow {
            alias {{.Dir}}/root/pattern;
            limit_rate 128k;
        }
    }
    server {
        listen 127.0.0.1:{{port "cache"}} ssl reuseport;` + certificate + `
        ssl_session_cache shared:kept:2m;
        ssl_session_tickets off;` + info + `
    }
`

// narrow: every buffer small, so that every write is cut and every record waits.
const narrow = `
    server {
        listen 127.0.0.1:{{port "main"}} ssl http2 sndbuf=4k rcvbuf=4k;` + certificate + `
        ssl_buffer_size 1400;
        client_body_buffer_size 1k;
        location /upload/ {
            root {{.Dir}};
            dav_methods PUT;
        }` + info + `
    }
    server {
        listen 127.0.0.1:{{port "throttled"}} ssl;` + certificate + `
        limit_rate 256k;
    }
`

// rejecting: names that are not served end in the handshake.
const rejecting = `
    server {
        listen 127.0.0.1:{{port "main"}} ssl default_server;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_reject_handshake on;
    }
    server {
        listen 127.0.0.1:{{port "main"}} ssl;` + certificate + info + `
    }
`

// stapling: an answer from a file, and one that nginx fetches from a responder.
const stapling = `
    server {
        listen 127.0.0.1:{{port "file"}} ssl;
        server_name staple.test;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {{.PKI}}/staple.pem;
        ssl_certificate_key {{.PKI}}/staple.key;
        ssl_stapling on;
        ssl_stapling_file {{.PKI}}/staple.ocsp;` + info + `
    }
    server {
        listen 127.0.0.1:{{port "badfile"}} ssl;
        server_name staple.test;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {{.PKI}}/staple.pem;
        ssl_certificate_key {{.PKI}}/staple.key;
        ssl_stapling on;
        ssl_stapling_file {{.PKI}}/revoked.ocsp;` + info + `
    }
    server {
        listen 127.0.0.1:{{port "responder"}} ssl;
        server_name staple.test;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {{.PKI}}/staple.pem;
        ssl_certificate_key {{.PKI}}/staple.key;
        ssl_trusted_certificate {{.PKI}}/ca.pem;
        ssl_stapling on;
        ssl_stapling_verify on;
        ssl_stapling_responder {{.OCSP}};` + info + `
    }
    server {
        listen 127.0.0.1:{{port "clients"}} ssl;` + certificate + `
        ssl_verify_client optional;
        ssl_client_certificate {{.PKI}}/ca.pem;
        ssl_verify_depth 3;
        ssl_ocsp leaf;
        ssl_ocsp_responder {{.OCSP}};` + variables + `
    }
`

// proxying: nginx as a client of https servers, good and bad.
const proxying = `
    {{range $name := .Bad}}
    server {
        listen 127.0.0.1:{{port $name}} ssl;
        server_name {{$name}}.test;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {{$.PKI}}/{{$name}}.pem;
        ssl_certificate_key {{$.PKI}}/{{$name}}.key;
        return 200 "reached {{$name}}\n";
    }
    {{end}}
    server {
        listen 127.0.0.1:{{port "revoked"}} ssl;
        server_name revoked.test;
        ssl_certificate {{$.PKI}}/revoked.pem;
        ssl_certificate_key {{$.PKI}}/revoked.key;
        return 200 "reached revoked\n";
    }
    server {
        listen 127.0.0.1:{{port "upstream"}} ssl;` + certificate + `
        ssl_verify_client optional;
        ssl_client_certificate {{.PKI}}/ca.pem;
        ssl_verify_depth 3;` + info + variables + `
    }
    server {
        listen 127.0.0.1:{{port "main"}} ssl;` + certificate + `
        proxy_ssl_trusted_certificate {{.PKI}}/ca.pem;
        proxy_ssl_verify on;
        proxy_ssl_verify_depth 3;
        proxy_ssl_server_name on;
        proxy_http_version 1.1;
        proxy_ssl_session_reuse off; # what one location agrees on, another would resume
        location /good/ {
            proxy_ssl_session_reuse on;
            proxy_pass https://127.0.0.1:{{port "upstream"}}/;
            proxy_ssl_name a.test;
        }
        location /large {
            proxy_pass https://127.0.0.1:{{port "upstream"}}/pattern;
            proxy_ssl_name a.test;
        }
        location /12/ {
            proxy_pass https://127.0.0.1:{{port "upstream"}}/;
            proxy_ssl_name a.test;
            proxy_ssl_protocols TLSv1.2;
            proxy_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;
        }
        location /certificate/ {
            proxy_pass https://127.0.0.1:{{port "upstream"}}/;
            proxy_ssl_name a.test;
            proxy_ssl_certificate {{.PKI}}/client.pem;
            proxy_ssl_certificate_key {{.PKI}}/client.key;
        }
        location /fresh/ {
            proxy_pass https://127.0.0.1:{{port "upstream"}}/;
            proxy_ssl_name a.test;
        }
        location /wrongname/ {
            proxy_pass https://127.0.0.1:{{port "upstream"}}/;
            proxy_ssl_name other.test;
        }
        location /shallow/ {
            proxy_pass https://127.0.0.1:{{port "upstream"}}/;
            proxy_ssl_name a.test;
            proxy_ssl_verify_depth 0;
        }
        location /unverified/ {
            proxy_pass https://127.0.0.1:{{port "selfsigned"}}/;
            proxy_ssl_verify off;
        }
        location /revoked/ {
            proxy_pass https://127.0.0.1:{{port "revoked"}}/;
            proxy_ssl_name revoked.test;
            proxy_ssl_crl {{.PKI}}/crl.pem;
        }
        location /crl/ {
            proxy_pass https://127.0.0.1:{{port "upstream"}}/;
            proxy_ssl_name a.test;
            proxy_ssl_crl {{.PKI}}/crl.pem;
        }
        {{range $name := .Bad}}
        location /{{$name}}/ {
            proxy_pass https://127.0.0.1:{{port $name}}/;
            proxy_ssl_name {{$name}}.test;
        }
        {{end}}
    }
`

// streaming: TLS ended by the stream module, TLS begun by it, and TLS passed through by the name of the ClientHello.
const streaming = `
stream {
    map $ssl_preread_server_name $behind {
        a.test 127.0.0.1:{{port "web"}};
        b.test 127.0.0.1:{{port "web2"}};
        default 127.0.0.1:{{port "closed"}};
    }
    map $ssl_preread_protocol $version {
        "" "none";
        default $ssl_preread_protocol;
    }
    server {
        listen 127.0.0.1:{{port "passthrough"}};
        ssl_preread on;
        proxy_pass $behind;
    }
    server {
        listen 127.0.0.1:{{port "preread"}};
        ssl_preread on;
        return "name=$ssl_preread_server_name protocol=$version alpn=$ssl_preread_alpn_protocols\n";
    }
    server {
        listen 127.0.0.1:{{port "ended"}} ssl;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_alpn http/1.1 other;
        ssl_session_cache shared:stream:1m;
        ssl_verify_client optional;
        ssl_client_certificate {{.PKI}}/ca.pem;
        ssl_verify_depth 3;
        return "protocol=$ssl_protocol cipher=$ssl_cipher sni=$ssl_server_name alpn=$ssl_alpn_protocol reused=$ssl_session_reused verify=$ssl_client_verify dn=$ssl_client_s_dn\n";
    }
    server {
        listen 127.0.0.1:{{port "begun"}};
        proxy_pass 127.0.0.1:{{port "web"}};
        proxy_ssl on;
        proxy_ssl_verify on;
        proxy_ssl_verify_depth 3;
        proxy_ssl_name a.test;
        proxy_ssl_server_name on;
        proxy_ssl_trusted_certificate {{.PKI}}/ca.pem;
    }
    server {
        listen 127.0.0.1:{{port "begunbad"}};
        proxy_pass 127.0.0.1:{{port "web"}};
        proxy_ssl on;
        proxy_ssl_verify on;
        proxy_ssl_verify_depth 3;
        proxy_ssl_name wrong.test;
        proxy_ssl_trusted_certificate {{.PKI}}/ca.pem;
    }
}
`

// behindStream are the servers that streaming passes to.
const behindStream = `
    server {
        listen 127.0.0.1:{{port "web"}} ssl http2;` + certificate + info + `
    }
    server {
        listen 127.0.0.1:{{port "web2"}} ssl http2;
        server_name b.test;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {{.PKI}}/b.pem;
        ssl_certificate_key {{.PKI}}/b.key;` + info + `
    }
`

// mailing: nginx's mail proxy, as far as it goes without a mail server behind it.
const mailing = `
mail {
    auth_http 127.0.0.1:1;
    ssl_protocols TLSv1.2 TLSv1.3;
    server_name a.test;
    ssl_certificate {{.PKI}}/a-ecdsa.pem;
    ssl_certificate_key {{.PKI}}/a-ecdsa.key;
    server {
        listen 127.0.0.1:{{port "imap"}};
        protocol imap;
        starttls on;
    }
    server {
        listen 127.0.0.1:{{port "imaps"}} ssl;
        protocol imap;
    }
    server {
        listen 127.0.0.1:{{port "pop3"}};
        protocol pop3;
        starttls only;
    }
    server {
        listen 127.0.0.1:{{port "smtp"}};
        protocol smtp;
        starttls on;
    }
}
`
