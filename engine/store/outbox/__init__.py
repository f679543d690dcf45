"""Letters to webhooks: written with what they report, kept until they are delivered or given up."""
