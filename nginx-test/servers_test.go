package nginxtest

// info is a page that tells what nginx knows of the connection, one "name=value" per word.
const info = `
        location = /info {
            default_type text/plain;
            return 200 "protocol=$ssl_protocol cipher=$ssl_cipher reused=$ssl_session_reused sni=$ssl_server_name server=$server_name http=$server_protocol curve=$ssl_curve verify=$ssl_client_verify dn=$ssl_client_s_dn worker=$pid\n";
        }
`

// general is the configuration of the server that most scenarios share.
const general = `
    ssl_protocols TLSv1.2 TLSv1.3;

    # Both key types for one name; several names by SNI on the same port.
    server {
        listen 127.0.0.1:{{port "main"}} ssl http2 default_server;
        server_name a.test;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;
        ssl_certificate {{.PKI}}/a-rsa.pem;
        ssl_certificate_key {{.PKI}}/a-rsa.key;` + info + `
        location /upload/ {
            root {{.Dir}};
            dav_methods PUT;
        }
    }
    server {
        listen 127.0.0.1:{{port "main"}} ssl http2;
        server_name b.test;
        ssl_certificate {{.PKI}}/b.pem;
        ssl_certificate_key {{.PKI}}/b.key;` + info + `
    }
    server {
        listen 127.0.0.1:{{port "main"}} ssl http2;
        server_name c.test *.c.test;
        ssl_certificate {{.PKI}}/c.pem;
        ssl_certificate_key {{.PKI}}/c.key;` + info + `
    }

    # reuseport: the kernel spreads connections over both workers' sockets, so resumption meets both.
    server {
        listen 127.0.0.1:{{port "tickets"}} ssl reuseport;
        server_name a.test;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;
        ssl_session_tickets on;` + info + `
    }
    server {
        listen 127.0.0.1:{{port "cache"}} ssl reuseport;
        server_name a.test;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;
        ssl_session_cache shared:sessions:2m;
        ssl_session_tickets off;` + info + `
    }
    server {
        listen 127.0.0.1:{{port "neither"}} ssl reuseport;
        server_name a.test;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;
        ssl_session_cache off;
        ssl_session_tickets off;` + info + `
    }

    # One port per bad certificate, one per version, one per client certificate policy.
    {{range $name := .Bad}}
    server {
        listen 127.0.0.1:{{port $name}} ssl;
        server_name {{$name}}.test;
        ssl_certificate {{$.PKI}}/{{$name}}.pem;
        ssl_certificate_key {{$.PKI}}/{{$name}}.key;` + info + `
    }
    {{end}}
    server {
        listen 127.0.0.1:{{port "only12"}} ssl;
        server_name a.test;
        ssl_protocols TLSv1.2;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;` + info + `
    }
    server {
        listen 127.0.0.1:{{port "only13"}} ssl;
        server_name a.test;
        ssl_protocols TLSv1.3;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;` + info + `
    }
    {{range $name := .Verify}}
    server {
        listen 127.0.0.1:{{port (print "verify_" $name)}} ssl;
        server_name a.test;
        ssl_certificate {{$.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{$.PKI}}/a-ecdsa.key;
        ssl_client_certificate {{$.PKI}}/ca.pem;
        ssl_verify_depth 3;
        ssl_verify_client {{$name}};` + info + `
    }
    {{end}}
`

// slow serves one file at a limited rate, so that a transfer is under way when the server is told to stop.
const slow = `
    server {
        listen 127.0.0.1:{{port "main"}} ssl http2;
        server_name a.test;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;` + info + `
        location = /slow {
            alias {{.Dir}}/root/pattern;
            limit_rate 128k;
        }
    }
`
