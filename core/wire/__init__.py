"""What goes over a link: messages as tagged values, and the codecs that turn them into frames and back."""
