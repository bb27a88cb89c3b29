package render

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// configuration fills in how sidecars find each other and where spans go.
func configuration(document *yaml.Node, v Values) error {
	spec := field(document, "spec")
	if spec == nil {
		return errors.New("configuration without spec")
	}
	resolver, err := nameResolution(v.Resolver)
	if err != nil {
		return err
	}
	set(spec, "nameResolution", resolver)
	if v.OTLPAddr != "" {
		set(spec, "tracing", tracing(v.OTLPAddr))
	}
	if policies := field(spec, "accessControl", "policies"); policies != nil {
		for _, policy := range policies.Content {
			if id := field(policy, "appId"); id != nil {
				set(policy, "appId", text(id.Value+v.Suffix))
			}
		}
	}
	return nil
}

func nameResolution(r Resolver) (*yaml.Node, error) {
	switch r.Component {
	case "mdns":
		return mapping(pair{"component", text("mdns")}), nil
	case "sqlite":
		// A registration that is not renewed within updateInterval is gone; it is
		// renewed timeout earlier. The default second is too little for a machine
		// that is busy compiling. Cleaning up is left out: one stack leaves a row
		// per sidecar, and the hourly clean-up has crashed sidecars.
		return mapping(
			pair{"component", text("sqlite")},
			pair{"configuration", mapping(
				pair{"connectionString", text(r.Path)},
				pair{"updateInterval", text("30s")},
				pair{"timeout", text("15s")},
				pair{"cleanupInterval", text("0")},
			)},
		), nil
	}
	return nil, fmt.Errorf("unknown resolver %q", r.Component)
}

func tracing(addr string) *yaml.Node {
	return mapping(
		pair{"samplingRate", text("1")},
		pair{"otel", mapping(
			pair{"endpointAddress", text(addr)},
			pair{"isSecure", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "false"}},
			pair{"protocol", text("grpc")},
		)},
	)
}
