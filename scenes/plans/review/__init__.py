"""What people do with proposed changes, on every way in alike: decide, edit, have them written, take them back."""
