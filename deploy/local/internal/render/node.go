package render

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// field follows keys through nested mappings; nil when one is absent.
func field(node *yaml.Node, keys ...string) *yaml.Node {
	if node != nil && node.Kind == yaml.DocumentNode {
		node = node.Content[0]
	}
	for _, key := range keys {
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		index := position(node, key)
		if index < 0 {
			return nil
		}
		node = node.Content[index+1]
	}
	return node
}

// position is the index of a key's node in a mapping, or -1.
func position(mapping *yaml.Node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// set gives a key of a mapping a new value, adding the key where it is absent.
func set(mapping *yaml.Node, key string, value *yaml.Node) {
	if index := position(mapping, key); index >= 0 {
		mapping.Content[index+1] = value
		return
	}
	mapping.Content = append(mapping.Content, text(key), value)
}

// text is a string scalar, quoted where YAML would read it as something else.
func text(value string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(value)
	return node
}

// mapping builds a mapping of string keys to nodes, in the order given.
func mapping(pairs ...pair) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range pairs {
		node.Content = append(node.Content, text(p.key), p.value)
	}
	return node
}

type pair struct {
	key   string
	value *yaml.Node
}

// appendEach adds a suffix to every scalar of a sequence.
func appendEach(sequence *yaml.Node, suffix string) {
	if sequence == nil || sequence.Kind != yaml.SequenceNode {
		return
	}
	for i, item := range sequence.Content {
		sequence.Content[i] = text(item.Value + suffix)
	}
}

// stripComments removes comments from a tree: a rendered file says nothing
// that its source does not say better.
func stripComments(node *yaml.Node) {
	node.HeadComment, node.LineComment, node.FootComment = "", "", ""
	for _, child := range node.Content {
		stripComments(child)
	}
}

// items finds the entries of a component's spec.metadata that bear one of the names.
func items(document *yaml.Node, names ...string) []*yaml.Node {
	list := field(document, "spec", "metadata")
	if list == nil {
		return nil
	}
	var found []*yaml.Node
	for _, entry := range list.Content {
		if name := field(entry, "name"); name != nil && slices.Contains(names, name.Value) {
			found = append(found, entry)
		}
	}
	return found
}
