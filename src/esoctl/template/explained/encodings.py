"""Encodings, keys and certificates: a line and an example for each function.

The examples are executed by a test, and the reference in docs is written from here.
"""

from typing import Final

ROWS: Final = {
    "adler32sum": ("The Adler-32 checksum, as a decimal number.", '{{ adler32sum "abc" }}', "38600999"),
    "b32dec": ("Decodes Base32; a text that is none fails with an error.", '{{ b32dec "NBUQ====" }}', "hi"),
    "b32enc": ("Encodes as Base32.", '{{ b32enc "hi" }}', "NBUQ===="),
    "b64dec": ("Decodes Base64; a text that is none fails with an error.", '{{ b64dec "aGk=" }}', "hi"),
    "b64enc": ("Encodes as Base64.", '{{ printf "%s:%s" "ivy" "pw" | b64enc }}', "aXZ5OnB3"),
    "bcrypt": ("A bcrypt hash of a password; salted anew each time.", '{{ bcrypt "pw" | trunc 7 }}', "$2a$10$"),
    "buildCustomCert": (
        "A certificate from Base64 of its two PEM texts, to sign others with.",
        "{{ (buildCustomCert (b64enc .cert) (b64enc .key)).Cert | eq .cert }}",
        "true",
    ),
    "certSANs": ("The names a certificate is for, as a list.", "{{ certSANs .cert }}", "[db.example]"),
    "decryptAES": ("Decrypts what encryptAES gave.", '{{ encryptAES "key" "text" | decryptAES "key" }}', "text"),
    "derivePassword": (
        "A password from a counter, a kind, a main password, a user and a site.",
        '{{ derivePassword 1 "long" "main" "ivy" "db.example" | len }}',
        "14",
    ),
    "encryptAES": (
        "Encrypts with AES-CBC under a key, as Base64.",
        '{{ encryptAES "key" "text" | b64dec | len }}',
        "32",
    ),
    "filterCertChain": (
        "The certificates of a PEM bundle that are of a kind: leaf, intermediate or root.",
        '{{ filterCertChain "root" .cert | eq .cert }}',
        "true",
    ),
    "filterPEM": (
        "The blocks of a PEM bundle that are of a type.",
        '{{ filterPEM "CERTIFICATE" (print .key .cert) | trunc 27 }}',
        "-----BEGIN CERTIFICATE-----",
    ),
    "fromJson": (
        "Reads JSON; a text that is none gives nothing.",
        '{{ (fromJson "{\\"port\\": 5432}").port }}',
        "5432",
    ),
    "fromYaml": ("Reads a YAML map.", '{{ (fromYaml "user: ivy\\nport: 1").user }}', "ivy"),
    "fullPemToPkcs12": (
        "A PKCS#12 keystore, as Base64, from all certificates of a bundle and a key; no password.",
        "{{ fullPemToPkcs12 .cert .key | b64dec | pkcs12cert | eq .cert }}",
        "true",
    ),
    "fullPemToPkcs12Pass": (
        "Like fullPemToPkcs12, with a password.",
        '{{ fullPemToPkcs12Pass .cert .key "pw" | b64dec | pkcs12certPass "pw" | eq .cert }}',
        "true",
    ),
    "genCA": (
        "A certificate authority with an RSA key: its name and days.",
        '{{ (genCA "ca" 365).Cert | trunc 27 }}',
        "-----BEGIN CERTIFICATE-----",
    ),
    "genCAWithKey": (
        "Like genCA, with a key of your own.",
        '{{ (genCAWithKey "ca" 365 (genPrivateKey "ed25519")).Cert | trunc 27 }}',
        "-----BEGIN CERTIFICATE-----",
    ),
    "genPrivateKey": (
        "A private key: rsa, dsa, ecdsa or ed25519.",
        '{{ genPrivateKey "ed25519" | trunc 27 }}',
        "-----BEGIN PRIVATE KEY-----",
    ),
    "genSelfSignedCert": (
        "A certificate signed by itself: name, addresses, DNS names, days.",
        '{{ (genSelfSignedCert "a" (list "10.0.0.1") (list "a.example") 30).Cert | certSANs }}',
        "[a.example 10.0.0.1]",
    ),
    "genSelfSignedCertWithKey": (
        "Like genSelfSignedCert, with a key of your own.",
        '{{ (genSelfSignedCertWithKey "a" nil (list "a.example") 30 .key).Cert | certSANs }}',
        "[a.example]",
    ),
    "genSignedCert": (
        "A certificate signed by an authority.",
        '{{ $ca := genCA "ca" 30 }}{{ (genSignedCert "a" nil (list "a.example") 30 $ca).Cert | certSANs }}',
        "[a.example]",
    ),
    "genSignedCertWithKey": (
        "Like genSignedCert, with a key of your own.",
        '{{ (genSignedCertWithKey "a" nil nil 30 (genCAWithKey "ca" 30 .key) .key).Cert | trunc 27 }}',
        "-----BEGIN CERTIFICATE-----",
    ),
    "hexdec": ("Decodes hexadecimal digits.", '{{ hexdec "6869" }}', "hi"),
    "htpasswd": (
        "A line of a password file: user, password, and the hash bcrypt or sha.",
        '{{ htpasswd "ivy" "pw" "sha" }}',
        "ivy:{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=",
    ),
    "jwkPrivateKeyPem": (
        "The private key of a JWK as PEM (PKCS#8).",
        "{{ jwkPrivateKeyPem .jwk | trunc 27 }}",
        "-----BEGIN PRIVATE KEY-----",
    ),
    "jwkPublicKeyPem": (
        "The public key of a JWK as PEM.",
        '{{ jwkPublicKeyPem (omit (fromJson .jwk) "d" | toJson) | trunc 26 }}',
        "-----BEGIN PUBLIC KEY-----",
    ),
    "mustFromJson": (
        "Like fromJson; a text that is no JSON fails with an error.",
        '{{ (mustFromJson "[1, 2]") | last }}',
        "2",
    ),
    "mustToJson": ("Like toJson; an unfit value fails with an error.", '{{ mustToJson (list "a") }}', '["a"]'),
    "mustToPrettyJson": (
        "Like toPrettyJson; an unfit value fails with an error.",
        '{{ mustToPrettyJson (dict "a" 1) }}',
        '{\n  "a": 1\n}',
    ),
    "mustToRawJson": ("Like toRawJson; an unfit value fails with an error.", '{{ mustToRawJson "<a>" }}', '"<a>"'),
    "pemToPkcs12": (
        "A PKCS#12 keystore, as Base64, from a certificate and a key; no password.",
        "{{ pemToPkcs12 .cert .key | b64dec | pkcs12cert | eq .cert }}",
        "true",
    ),
    "pemToPkcs12Pass": (
        "Like pemToPkcs12, with a password.",
        '{{ pemToPkcs12Pass .cert .key "pw" | b64dec | pkcs12keyPass "pw" | trunc 27 }}',
        "-----BEGIN PRIVATE KEY-----",
    ),
    "pemTruststoreToPKCS12": (
        "A PKCS#12 truststore, as Base64, from certificates; no password.",
        "{{ pemTruststoreToPKCS12 .cert | b64dec | len | lt 100 }}",
        "true",
    ),
    "pemTruststoreToPKCS12Pass": (
        "Like pemTruststoreToPKCS12, with a password.",
        '{{ pemTruststoreToPKCS12Pass .cert "pw" | b64dec | len | lt 100 }}',
        "true",
    ),
    "pkcs12cert": (
        "The certificates of a PKCS#12 file without a password, as PEM.",
        "{{ pemToPkcs12 .cert .key | b64dec | pkcs12cert | trunc 27 }}",
        "-----BEGIN CERTIFICATE-----",
    ),
    "pkcs12certPass": (
        "Like pkcs12cert, with a password.",
        '{{ pemToPkcs12Pass .cert .key "pw" | b64dec | pkcs12certPass "pw" | trunc 27 }}',
        "-----BEGIN CERTIFICATE-----",
    ),
    "pkcs12key": (
        "The private key of a PKCS#12 file without a password, as PEM.",
        "{{ pemToPkcs12 .cert .key | b64dec | pkcs12key | trunc 27 }}",
        "-----BEGIN PRIVATE KEY-----",
    ),
    "pkcs12keyPass": (
        "Like pkcs12key, with a password.",
        '{{ pemToPkcs12Pass .cert .key "pw" | b64dec | pkcs12keyPass "pw" | trunc 27 }}',
        "-----BEGIN PRIVATE KEY-----",
    ),
    "randAlpha": ("Random letters.", "{{ randAlpha 12 | len }}", "12"),
    "randAlphaNum": ("Random letters and digits.", "{{ randAlphaNum 24 | len }}", "24"),
    "randAscii": ("Random printable characters.", "{{ randAscii 16 | len }}", "16"),
    "randBytes": ("Random bytes as Base64.", "{{ randBytes 24 | b64dec | len }}", "24"),
    "randInt": (
        "A random whole number from one up to, but without, another.",
        "{{ $n := randInt 5 8 }}{{ and (ge $n 5) (lt $n 8) }}",
        "true",
    ),
    "randNumeric": ("Random digits.", "{{ randNumeric 6 | len }}", "6"),
    "rsaDecrypt": (
        "Decrypts with an RSA key: scheme, hash, ciphertext, key.",
        '{{ rsaDecrypt "RSA-OAEP" "SHA256" .cipher .rsa }}',
        "hello",
    ),
    "sha1sum": (
        "The SHA-1 digest in hexadecimal digits.",
        '{{ sha1sum "abc" }}',
        "a9993e364706816aba3e25717850c26c9cd0d89d",
    ),
    "sha256sum": ("The SHA-256 digest in hexadecimal digits.", '{{ sha256sum "abc" | trunc 16 }}', "ba7816bf8f01cfea"),
    "sha512sum": ("The SHA-512 digest in hexadecimal digits.", '{{ sha512sum "abc" | trunc 16 }}', "ddaf35a193617aba"),
    "toJson": (
        "A value as JSON; < > and & are escaped.",
        '{{ toJson (dict "a" (list 1 "<")) }}',
        '{"a":[1,"\\u003c"]}',
    ),
    "toPrettyJson": ("A value as JSON over several lines.", '{{ toPrettyJson (dict "a" 1) }}', '{\n  "a": 1\n}'),
    "toRawJson": ("A value as JSON with nothing escaped needlessly.", '{{ toRawJson "<a & b>" }}', '"<a & b>"'),
    "toYaml": (
        "A value as YAML.",
        '{{ toYaml (dict "user" "ivy" "ports" (list 1 2)) }}',
        "ports:\n- 1\n- 2\nuser: ivy",
    ),
    "uuidv4": ("A random UUID.", "{{ uuidv4 | len }}", "36"),
}
