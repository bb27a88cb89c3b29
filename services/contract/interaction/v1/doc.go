// Package interactionv1 is the generated contract of the interaction service, see interaction.proto.
package interactionv1
