package datadir

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
)

// Credentials are generated once per data folder and read by the starter alone.
// Programs get theirs through the secret store and their environment.
type Credentials struct {
	Suffix        string            `json:"suffix"`     // of this stack's app ids
	DaprToken     string            `json:"dapr_token"` // programs to sidecars
	AppToken      string            `json:"app_token"`  // sidecars to programs
	RedisPassword string            `json:"redis_password"`
	MySQLAdmin    string            `json:"mysql_admin"`
	MySQL         map[string]string `json:"mysql"` // password by service
	JWTKey        string            `json:"jwt_key"`
	S3Access      string            `json:"s3_access"`
	S3Secret      string            `json:"s3_secret"`
}

const credentialsFile = "credentials.json"

// AdminUser is the database account with all rights, for the starter and for
// tests.
const AdminUser = "admin"

// Credentials reads the folder's credentials, and generates and stores the missing
// ones: all of them in a new folder, the password of a service that was added
// since.
func (d Dir) Credentials(services []string) (Credentials, error) {
	path := d.path(credentialsFile)
	var c Credentials
	if _, err := readJSON(path, &c); err != nil {
		return c, err
	}
	fill(&c.Suffix, func() string { return "-" + hex.EncodeToString(random(3)) })
	for _, secret := range []*string{&c.DaprToken, &c.AppToken, &c.RedisPassword, &c.MySQLAdmin, &c.S3Access, &c.S3Secret} {
		fill(secret, password)
	}
	fill(&c.JWTKey, func() string { return base64.StdEncoding.EncodeToString(random(32)) })
	if c.MySQL == nil {
		c.MySQL = map[string]string{}
	}
	for _, service := range services {
		own := c.MySQL[service]
		fill(&own, password)
		c.MySQL[service] = own
	}
	return c, writeJSON(path, c)
}

// WriteSecrets writes the file behind the secret store. Its DSNs depend on the
// ports of this start.
func (d Dir) WriteSecrets(c Credentials, mysqlPort int) error {
	keys, err := json.Marshal(jwtKeys{Current: "k1", Keys: map[string]string{"k1": c.JWTKey}})
	if err != nil {
		return err
	}
	secrets := map[string]string{
		"jwt-keys":       string(keys),
		"redis-password": c.RedisPassword,
		"s3-access-key":  c.S3Access,
		"s3-secret-key":  c.S3Secret,
	}
	for service, own := range c.MySQL {
		secrets["mysql-"+service+"-dsn"] = DSN(service, own, mysqlPort, service)
	}
	return writeJSON(d.Secrets, secrets)
}

type jwtKeys struct {
	Current string            `json:"current"`
	Keys    map[string]string `json:"keys"`
}

// DSN names a database in the format of go-sql-driver/mysql.
func DSN(user, password string, port int, database string) string {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return fmt.Sprintf("%s:%s@tcp(%s)/%s?parseTime=true&loc=UTC&interpolateParams=true", user, password, addr, database)
}

func fill(value *string, make func() string) {
	if *value == "" {
		*value = make()
	}
}

// password is safe in a DSN, a shell and a Redis configuration.
func password() string { return hex.EncodeToString(random(16)) }

func random(n int) []byte {
	raw := make([]byte, n)
	rand.Read(raw) // never fails: crypto/rand crashes the program instead
	return raw
}
